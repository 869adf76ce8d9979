def test_the_lamp_opens_on_every_phone(lamp, request):
    # After the access point is up, not before: so by name, and not as an argument.
    report = request.getfixturevalue("vestibule_check")
    assert report, report

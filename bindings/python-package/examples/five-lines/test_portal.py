# Once for each phone: `pytest` names the phones on which your portal does not open, and what to change.


def test_the_sign_in_sheet_opens(vestibule_phone):
    assert vestibule_phone, vestibule_phone

//! The owner's ways through the pages.

use fantoccini::key::Key;
use serde_json::json;

use super::browser::{Browser, Phone, describe_error};
use super::checks::{complains_of_nothing, page, same};
use super::device::{Device, HOME, PASSPHRASE};
use super::{Bench, picture};

/// Takes out of the result what differs from one time to the next: the port of the simulator, and the
/// device's name, which it may have only a moment later.
const SAME_EACH_TIME: &str = "
    document.querySelectorAll('a').forEach(function (a) { a.textContent = a.textContent.replace(/:\\d+/, '') });
    document.querySelectorAll('.card').forEach(function (card) {
        if (card.querySelector('#address')) return;
        card.previousElementSibling.remove();
        card.remove();
    })";

pub(crate) const HOME_RADIO: &str = "input[value='486f6d65']";

async fn open(bench: &Bench, phone: Phone) -> Result<(Device, Browser), String> {
    let device = Device::start(&bench.program).await?;
    let browser = Browser::open(&bench.driver, phone, &device.portal).await?;
    Ok((device, browser))
}

pub(crate) async fn shoot(bench: &Bench, browser: &Browser, name: &str) -> Result<(), String> {
    let shot = browser.client.screenshot().await.map_err(describe_error)?;
    picture::compare(&shot, &bench.pictures.join(name), bench.update)
}

/// The whole way with nothing but the keyboard; each page is looked at on it.
pub(crate) async fn by_keyboard_alone(bench: &Bench) -> Result<(), String> {
    let (device, browser) = open(bench, Phone::USUAL).await?;
    browser.hold_pages().await?;
    page(&browser, &bench.axe).await?;
    shoot(bench, &browser, "setup.png").await?;
    let tab = char::from(Key::Tab).to_string();
    browser.press(&tab).await?;
    same("the first stop", &json!(browser.focused().await?), &json!("486f6d65"))?;
    browser.press(" ").await?;
    browser.press(&tab).await?;
    same("the second stop", &json!(browser.focused().await?), &json!("passphrase"))?;
    browser.press(PASSPHRASE).await?;
    browser.press(&tab).await?;
    same("the third stop", &json!(browser.focused().await?), &json!("show"))?;
    browser.press(" ").await?;
    let shown =
        browser.ask("var p = document.getElementById('passphrase'); return p.type + ' ' + p.value").await?;
    same("the passphrase", &shown, &json!(format!("text {PASSPHRASE}")))?;
    browser.press(&tab).await?;
    same("the fourth stop", &json!(browser.focused().await?), &json!("Connect"))?;
    browser.press(&char::from(Key::Enter).to_string()).await?;
    browser.wait_for("h1", "Connecting to Home").await?;
    page(&browser, &bench.axe).await?;
    shoot(bench, &browser, "connecting.png").await?;
    go_on(&browser, &device).await?;
    joined(bench, &browser, "is connected", "joined.png").await?;
    browser.close().await;
    Ok(())
}

/// Looks again, as its owner may, until the device no longer says that it joins: the browser holds the
/// pages.
async fn go_on(browser: &Browser, device: &Device) -> Result<(), String> {
    let waits = "return document.querySelectorAll('[data-wait]').length";
    for _ in 0..100 {
        browser.client.goto(&device.portal).await.map_err(describe_error)?;
        if browser.ask(waits).await? == json!(0) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    Err("the device never showed a result".into())
}

/// The result is there, whole, and its address can be copied.
async fn joined(bench: &Bench, browser: &Browser, says: &str, name: &str) -> Result<(), String> {
    browser.wait_for("h1", says).await?;
    page(browser, &bench.axe).await?;
    let home = browser
        .ask("return document.getElementById('address').closest('.card').querySelector('a').href")
        .await?;
    browser.ask(SAME_EACH_TIME).await?;
    shoot(bench, browser, name).await?;
    browser.click("#copy").await?;
    let copied = browser
        .ask("return String(getSelection()) + ' ' + document.getElementById('copied').textContent.length")
        .await?;
    let address = browser.text("#address").await?;
    if !copied.as_str().is_some_and(|copied| copied.starts_with(&address) && !copied.ends_with(" 0")) {
        return Err(format!("{address} was not copied: {copied}"));
    }
    at_home(bench, browser, home.as_str().ok_or("the result leads nowhere")?).await
}

/// The address of the result leads to the device's page on the home network, which offers no setup.
async fn at_home(bench: &Bench, browser: &Browser, address: &str) -> Result<(), String> {
    browser.client.goto(address).await.map_err(describe_error)?;
    browser.wait_for("main", HOME).await?;
    let has = browser.ask("return document.querySelectorAll('#address, form').length").await?;
    same("what is left of the portal on the home network", &has, &json!(0))?;
    page(browser, &bench.axe).await
}

/// Writes the names of the fields that a script sends where the next page finds them.
pub(crate) const REMEMBER_WHAT_IS_SENT: &str = "
    const submit = HTMLFormElement.prototype.submit;
    HTMLFormElement.prototype.submit = function () {
        window.name = Array.from(this.elements, (field) => field.name).join(' ');
        submit.call(this);
    };";

/// The page was opened without a token, and the device knows whose it is: what it gives to its client ends with what the
/// browser keeps in a cookie, which no script reads.
async fn known_by_its_cookie(browser: &Browser) -> Result<(), String> {
    let cookie = browser.client.get_named_cookie("vestibule").await.map_err(describe_error)?;
    let token = browser.ask("return document.querySelector('[name=token]').value").await?;
    let is_known = token.as_str().is_some_and(|token| token.ends_with(cookie.value()));
    same("the client by its cookie", &json!(is_known && cookie.http_only() == Some(true)), &json!(true))?;
    same("the cookies that a script sees", &browser.ask("return document.cookie").await?, &json!(""))
}

/// A wrong passphrase and then the right one, in the dark. The form is sealed.
pub(crate) async fn wrong_then_right(bench: &Bench) -> Result<(), String> {
    let (device, browser) = open(bench, Phone::DARK).await?;
    browser.hold_pages().await?;
    page(&browser, &bench.axe).await?;
    shoot(bench, &browser, "setup-dark.png").await?;
    browser.click(HOME_RADIO).await?;
    browser.type_into("#passphrase", "four blue lanterns").await?;
    browser.ask(REMEMBER_WHAT_IS_SENT).await?;
    browser.click("#setup button[type=submit]").await?;
    browser.wait_for("h1", "Connecting to Home").await?;
    let sent = browser.ask("return window.name").await?;
    same("the fields that the page's script sends", &sent, &json!("token sealed"))?;
    page(&browser, &bench.axe).await?;
    go_on(&browser, &device).await?;
    known_by_its_cookie(&browser).await?;
    browser
        .wait_for("[role=alert]", "Home could not be joined. The network did not accept the password.")
        .await?;
    page(&browser, &bench.axe).await?;
    shoot(bench, &browser, "wrong-dark.png").await?;
    let kept = browser.ask(&format!("return document.querySelector(\"{HOME_RADIO}\").checked")).await?;
    same("what was picked before", &kept, &json!(true))?;
    browser.type_into("#passphrase", PASSPHRASE).await?;
    browser.click("#setup button[type=submit]").await?;
    go_on(&browser, &device).await?;
    joined(bench, &browser, "is connected", "joined-dark.png").await?;
    browser.close().await;
    Ok(())
}

/// No script runs: the pages go on by themselves all the same.
pub(crate) async fn without_scripts(bench: &Bench) -> Result<(), String> {
    let (_device, browser) = open(bench, Phone { scripts: false, ..Phone::USUAL }).await?;
    let toggle = browser.find("#reveal").await?.is_displayed().await.map_err(describe_error)?;
    same("a switch that needs a script is shown", &json!(toggle), &json!(false))?;
    browser.click("#rescan button").await?;
    browser.wait_for("#status", "Searching for more networks").await?;
    browser.click(HOME_RADIO).await?;
    browser.type_into("#passphrase", PASSPHRASE).await?;
    browser.click("#setup button[type=submit]").await?;
    browser.wait_for("h1", "is connected").await?;
    complains_of_nothing(&browser).await?;
    browser.close().await;
    Ok(())
}

/// Right to left, on the narrowest phone there is, with a form that cannot be tried first.
pub(crate) async fn in_arabic_on_a_narrow_phone(bench: &Bench) -> Result<(), String> {
    let (device, browser) = open(bench, Phone { width: 320, language: "ar", ..Phone::USUAL }).await?;
    browser.hold_pages().await?;
    let root = browser.ask("var e = document.documentElement; return e.lang + ' ' + e.dir").await?;
    same("the page", &root, &json!("ar rtl"))?;
    page(&browser, &bench.axe).await?;
    shoot(bench, &browser, "setup-arabic.png").await?;
    browser.click(HOME_RADIO).await?;
    browser.type_into("#passphrase", "short").await?;
    browser.click("#setup button[type=submit]").await?;
    browser.wait_for("[role=alert]", "كلمة المرور قصيرة جدًا").await?;
    page(&browser, &bench.axe).await?;
    browser.type_into("#passphrase", PASSPHRASE).await?;
    browser.click("#setup button[type=submit]").await?;
    browser.wait_for("h1", HOME).await?;
    page(&browser, &bench.axe).await?;
    go_on(&browser, &device).await?;
    joined(bench, &browser, "تم اتصال", "joined-arabic.png").await?;
    browser.close().await;
    Ok(())
}

/// The demo's neighbours have names that are markup, no text, or turn the writing around. They are
/// names, and nothing more; searching again leaves what was typed.
pub(crate) async fn among_hostile_names(bench: &Bench) -> Result<(), String> {
    let (device, browser) = open(bench, Phone { width: 320, ..Phone::DARK }).await?;
    let seen = browser
        .ask(
            "return [[].filter.call(document.scripts, function (e) { return !/\\/(portal|seal)[.]js$/.test(e.src) }).length, \
             document.querySelectorAll('#networks > *').length, \
             document.querySelectorAll('#networks label').length, \
             [].map.call(document.querySelectorAll('#networks bdi'), function (e) { return e.textContent }), \
             document.querySelectorAll('body *').length]",
        )
        .await?;
    let names = json!([
        "Home",
        "Café ☕ free",
        "<script>alert(1)</script>",
        "Lamp\u{fffd}\u{fffd}\u{fffd}",
        "\"Tom & Jerry's\" \u{fffd}5G",
        "Campus"
    ]);
    same("the scripts that are not the device's own", &seen[0], &json!(0))?;
    same("the list's rows and its heading", &seen[1], &json!(7))?;
    same("the list's labels", &seen[2], &json!(6))?;
    same("the names", &seen[3], &names)?;
    page(&browser, &bench.axe).await?;

    browser.click("label[for=other]").await?;
    browser.type_into("#ssid", "</label><script>alert(2)</script>").await?;
    browser.type_into("#passphrase", "typed before").await?;
    browser.click("#rescan button").await?;
    browser.wait_for("#status", "Searching for more networks").await?;
    let status = "return document.getElementById('status').textContent";
    for _ in 0..100 {
        if browser.ask(status).await? == json!("") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    same("the search has an end: the status", &browser.ask(status).await?, &json!(""))?;
    let kept = "var v = function (i) { return document.getElementById(i).value }; return [v('ssid'), v('passphrase'), \
                document.getElementById('other').checked, document.querySelectorAll('#networks label').length]";
    // The field takes 32 characters.
    let typed = json!(["</label><script>alert(2)</script", "typed before", true, 6]);
    same("what was typed", &browser.ask(kept).await?, &typed)?;
    browser.click("#setup button[type=submit]").await?;
    browser.wait_for("h1", "</label><script>alert(2)</script").await?;
    let foreign = "return [].filter.call(document.scripts, function (e) { return !/\\/(portal|seal)[.]js$/.test(e.src) }).length";
    same("the scripts that are not the device's own", &browser.ask(foreign).await?, &json!(0))?;
    if browser.client.get_alert_text().await.is_ok() {
        return Err("a name has run as a script".into());
    }
    browser.wait_for("[role=alert]", "The network was not heard.").await?;
    page(&browser, &bench.axe).await?;

    browser.client.goto(&format!("{}favicon.ico", device.portal)).await.map_err(describe_error)?;
    browser.wait_for("h1", "Nothing is here").await?;
    page(&browser, &bench.axe).await?;
    browser.close().await;
    Ok(())
}

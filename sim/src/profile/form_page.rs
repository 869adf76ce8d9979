//! The form of a stand-in as markup: made up, with the fields that the profile names.

use super::FormMethod;
use super::device::{Encoding, FormSpec, NetworkList};

/// A network that the device hears beside the owner's. Made up.
pub(super) const NEIGHBOUR: &str = "Neighbour";

/// The form, for the page that has it. `chosen` is the network in that page's query.
pub(super) fn form(form: &FormSpec, networks: &[String], chosen: Option<&str>) -> String {
    let markup = markup(form, networks, chosen);
    if form.script { scripted(form, &markup) } else { markup }
}

/// Links to the page with the passphrase, a network each.
pub(super) fn links(form: &FormSpec, networks: &[String]) -> String {
    let page = form.page.as_ref().map_or("", |page| page.get_ref().as_str());
    let link = |name: &String| {
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair(&form.network, name).finish();
        format!("<p><a href='{page}?{query}'>{}</a>", written(form, name))
    };
    networks.iter().map(link).collect()
}

fn markup(form: &FormSpec, networks: &[String], chosen: Option<&str>) -> String {
    let (network, passphrase) = (&form.network, &form.passphrase);
    let typed = format!("<p><label>Network name <input name='{network}'></label>");
    let name = match form.list {
        NetworkList::Typed => typed,
        NetworkList::Radio => networks
            .iter()
            .map(|name| {
                let name = written(form, name);
                format!("<p><label><input type=radio name='{network}' value='{name}'>{name}</label>")
            })
            .collect(),
        NetworkList::Select => {
            let choice = |name: &String| {
                let name = written(form, name);
                format!("<option value='{name}'>{name}</option>")
            };
            let choices: String = networks.iter().map(choice).collect();
            format!("<p><label>Network <select name='{network}'>{choices}</select></label>")
        }
        NetworkList::Script => {
            let fill = |name: &String| {
                let name = written(form, name);
                format!(
                    "<p><a href='#p' data-name='{name}' onclick=\"document.forms[0].elements['{network}'].value=this\
                     .dataset.name\">{name}</a>"
                )
            };
            networks.iter().map(fill).collect::<String>() + &typed
        }
        NetworkList::Links => {
            format!("<input type=hidden name='{network}' value='{}'>", escaped(chosen.unwrap_or_default()))
        }
    };
    let method = match form.method {
        FormMethod::Get => "get",
        FormMethod::Post | FormMethod::Put => "post",
    };
    format!(
        "<form method={method} action='{}'>{name}<p><label>Password <input type=password name='{passphrase}'></label>\
         <p><button>Connect</button></form>",
        form.action.get_ref()
    )
}

/// The form as a script that makes it and sends it.
fn scripted(form: &FormSpec, markup: &str) -> String {
    // As a string of a script in a page: JSON's, without what would end the script.
    let quoted = |text: &str| serde_json::json!(text).to_string().replace('<', "\\u003c");
    let send = match form.sent {
        Encoding::Form => "body:new URLSearchParams(typed)",
        Encoding::Json => {
            "headers:{'Content-Type':'application/json'},body:JSON.stringify(Object.fromEntries(typed))"
        }
        Encoding::Headers => "headers:Object.fromEntries(typed)",
    };
    let result = form.result.as_ref().map_or("", |result| result.get_ref());
    format!(
        "<div id=app></div><script>const app=document.getElementById('app');app.innerHTML={};app.firstChild.onsubmit=\
         async event=>{{event.preventDefault();const typed=new FormData(event.target);app.textContent='Connecting.';\
         await fetch({},{{method:'{}',{send}}});if({})location={};}};</script>",
        quoted(markup),
        quoted(form.action.get_ref()),
        form.method.word(),
        !result.is_empty(),
        quoted(result),
    )
}

/// A network's name as the page writes it.
fn written(form: &FormSpec, name: &str) -> String {
    if form.escapes { escaped(name) } else { name.to_owned() }
}

/// Text without meaning as markup.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

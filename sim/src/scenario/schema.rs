//! The JSON Schema of scenario files, made of the types that read them: what is added there is
//! here by itself.

use std::time::Duration;

use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, schema_for};
use serde_json::Value;

use super::Scenario;

/// The schema. It knows what a file is made of; what contradicts itself is found by
/// [`super::load`] alone.
///
/// ```
/// let schema = vestibule::scenario::schema::schema();
/// assert!(schema["properties"]["phone"].is_object());
/// ```
#[must_use]
pub fn schema() -> Value {
    let mut schema = schema_for!(Scenario);
    RecursiveTransform(defaults_as_written).transform(&mut schema);
    schema.to_value()
}

/// A default as a file would say it: serde writes a time as a structure, and a file says nothing
/// by leaving the key out.
fn defaults_as_written(schema: &mut Schema) {
    let Some(default) = schema.get("default").cloned() else { return };
    if default.is_null() {
        schema.remove("default");
    } else if let Ok(time) = serde_json::from_value::<Duration>(default)
        && schema.get("type").and_then(Value::as_str) != Some("array")
    {
        schema.insert("default".into(), humantime::format_duration(time).to_string().into());
    }
}

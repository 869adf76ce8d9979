//! One line that a campaign adds to a scenario's file. What is drawn is not decided here.

use toml::{Table, Value};

/// A line of a scenario file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    of: SettingOf,
    pub(super) key: &'static str,
    value: Value,
}

/// Which table of the file a line is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SettingOf {
    Device,
    /// By its place in the file.
    Network(usize),
    Phone(usize),
    /// None yet: it is a table of its own at the end of this list.
    New,
}

impl Setting {
    /// Puts the line into a file, unless the file has such a line itself.
    pub(super) fn insert(&self, file: &mut Table) {
        let table = match self.of {
            SettingOf::Device => {
                file.entry("device").or_insert_with(|| Value::Table(Table::new())).as_table_mut()
            }
            SettingOf::Network(place) => item(file, "network", place),
            SettingOf::Phone(place) => item(file, "phone", place),
            SettingOf::New => {
                let list = file.entry(self.key).or_insert_with(|| Value::Array(Vec::new()));
                return list.as_array_mut().into_iter().for_each(|list| list.push(self.value.clone()));
            }
        };
        if let Some(table) = table {
            table.entry(self.key).or_insert_with(|| self.value.clone());
        }
    }
}

fn item<'a>(file: &'a mut Table, list: &str, place: usize) -> Option<&'a mut Table> {
    file.get_mut(list)?.as_array_mut()?.get_mut(place)?.as_table_mut()
}

/// A phone, network or step that the file does not have.
pub(super) fn another(key: &'static str, item: Table) -> Setting {
    Setting { of: SettingOf::New, key, value: Value::Table(item) }
}

/// A line of a network, by its place in the file.
pub(super) fn of_network(place: usize, key: &'static str, value: Value) -> Setting {
    Setting { of: SettingOf::Network(place), key, value }
}

/// A line of a phone, by its place in the file.
pub(super) fn of_phone(place: usize, key: &'static str, value: Value) -> Setting {
    Setting { of: SettingOf::Phone(place), key, value }
}

/// A line of the device.
pub(super) fn device(key: &'static str, value: Value) -> Setting {
    Setting { of: SettingOf::Device, key, value }
}

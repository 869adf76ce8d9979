// Takes the notifications of a session bus in a desktop's place: prints each, and presses the button that a line names.
const {Gio, GLib} = imports.gi;

const INTERFACE = `<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
<arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
<method name="CloseNotification"><arg type="u" direction="in"/></method>
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<method name="GetServerInformation"><arg type="s" direction="out"/><arg type="s" direction="out"/>
<arg type="s" direction="out"/><arg type="s" direction="out"/></method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
<signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
</interface></node>`;
const NAME = 'org.freedesktop.Notifications';

let last = 0;
const taken = Gio.DBusExportedObject.wrapJSObject(INTERFACE, {
    Notify(app, replaces, icon, title, text, actions) {
        const id = replaces || ++last;
        print(JSON.stringify({shown: id, text, actions}));
        return id;
    },
    CloseNotification(id) {
        print(JSON.stringify({closed: id}));
        taken.emit_signal('NotificationClosed', new GLib.Variant('(uu)', [id, 3]));
    },
    GetCapabilities: () => ['body', 'actions', 'persistence'],
    GetServerInformation: () => ['interop', 'vestibule', '1', '1.2'],
});
taken.export(Gio.DBus.session, '/org/freedesktop/Notifications');
Gio.DBus.session.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'RequestName',
    new GLib.Variant('(su)', [NAME, 4]), null, Gio.DBusCallFlags.NONE, -1, null);
print(JSON.stringify({ready: true}));

const loop = GLib.MainLoop.new(null, false);
const input = new Gio.DataInputStream({base_stream: Gio.UnixInputStream.new(0, false)});
function press() {
    input.read_line_async(GLib.PRIORITY_DEFAULT, null, (_, result) => {
        const [line] = input.read_line_finish_utf8(result);
        if (line === null)
            return loop.quit();
        const [id, action] = line.split(' ');
        taken.emit_signal('ActionInvoked', new GLib.Variant('(us)', [Number(id), action]));
        press();
    });
}
press();
loop.run();

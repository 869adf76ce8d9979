//! Labels as a process: both pictures are read back by a decoder that knows nothing of what drew
//! them, and the passphrase is nowhere but on the label.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn label(arguments: &[&str], folder: &Path, typed: &str) -> Output {
    let mut label = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .arg("label")
        .args(arguments)
        .current_dir(folder)
        .env("VESTIBULE_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command is built");
    // One that refuses its arguments does not read.
    let _ = label.stdin.take().expect("it is piped").write_all(typed.as_bytes());
    label.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What the codes of a picture say, from above.
fn decoded(width: usize, height: usize, is_dark: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let mut picture = rqrr::PreparedImage::prepare_from_bitmap(width, height, is_dark);
    let mut grids = picture.detect_grids();
    grids.sort_by_key(|grid| grid.bounds[0].y);
    grids.iter().map(|grid| grid.decode().expect("the code is read").1).collect()
}

fn read_png(path: &Path) -> Vec<String> {
    let mut decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).unwrap()));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut dots).unwrap();
    let (width, height) = (info.width as usize, info.height as usize);
    assert_eq!(dots.len(), width * height, "a byte a dot");
    decoded(width, height, |x, y| dots[y * width + x] < 128)
}

/// Fills the rectangles of the path: `M x y h w v h …` each.
fn read_svg(text: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(text).unwrap();
    let paths: Vec<_> = document.descendants().filter(|node| node.has_tag_name("path")).collect();
    let height = 420 * paths.len();
    let mut dark = vec![false; 800 * height];
    let rectangles = paths.iter().flat_map(|path| path.attribute("d").unwrap().split('M').skip(1));
    for rectangle in rectangles {
        let numbers: Vec<usize> =
            rectangle.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
        let [x, y, wide, high, back] = numbers[..] else { panic!("no rectangle: {rectangle}") };
        assert_eq!(wide, back);
        for row in y..y + high {
            dark[row * 800 + x..][..wide].fill(true);
        }
    }
    decoded(800, height, |x, y| dark[y * 800 + x])
}

fn words(text: &str) -> String {
    let document = roxmltree::Document::parse(text).unwrap();
    document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect()
}

#[test]
fn both_pictures_are_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let longest = "0123456789;:\\\"O0l1I".repeat(4)[..62].to_owned() + "x";
    for (name, security, secret, says) in [
        ("Lamp-4F2A", "wpa2", "four green lanterns", "WIFI:T:WPA;S:Lamp-4F2A;P:four green lanterns;;"),
        ("Lamp; 4F2A", "wpa3", "pass;word", r"WIFI:T:SAE;S:Lamp\; 4F2A;P:pass\;word;;"),
        ("Café", "wpa2", "übergröße", "WIFI:T:WPA;S:Café;P:übergröße;;"),
        (&"n".repeat(32), "wpa2", &longest, ""),
    ] {
        fs::write(folder.path().join("secret"), format!("{secret}\n")).unwrap();
        let arguments = ["--name", name, "--security", security, "--passphrase-file", "secret"];
        let arguments = [&arguments[..], &["--svg", "l.svg", "--png", "l.png"]].concat();
        let output = label(&arguments, folder.path(), "");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(!said(&output).contains(secret), "the passphrase is not told");
        let svg = fs::read_to_string(folder.path().join("l.svg")).unwrap();
        let read = read_svg(&svg);
        assert_eq!(read, read_png(&folder.path().join("l.png")));
        assert_eq!(read.len(), 1);
        assert!(says.is_empty() || read == [says], "{read:?}");
        let words = words(&svg);
        for shown in [name, secret, "http://192.168.4.1/", "new router? Unplug it, plug it in."] {
            assert!(words.contains(shown), "{shown} is to be read: {words}");
        }
    }
}

#[test]
fn an_open_one_says_so_and_standard_input_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let open = label(&["--name", "Lamp", "--open", "--svg", "open.svg"], folder.path(), "");
    assert_eq!(open.status.code(), Some(0), "{}", said(&open));
    let svg = fs::read_to_string(folder.path().join("open.svg")).unwrap();
    assert_eq!(read_svg(&svg), ["WIFI:T:nopass;S:Lamp;;"]);
    assert!(words(&svg).contains("open: no password"));
    let button = label(&["--name", "Lamp", "--open", "--button", "--svg", "open.svg"], folder.path(), "");
    assert_eq!(button.status.code(), Some(0), "{}", said(&button));
    let svg = fs::read_to_string(folder.path().join("open.svg")).unwrap();
    assert!(words(&svg).contains("new router? Press the button.") && !words(&svg).contains("Unplug"));
    let arguments = ["--name", "Lamp", "--passphrase-file", "-", "--svg", "typed.svg"];
    let typed = label(&arguments, folder.path(), "from a pipe\r\n");
    assert_eq!(typed.status.code(), Some(0), "{}", said(&typed));
    let svg = fs::read_to_string(folder.path().join("typed.svg")).unwrap();
    assert_eq!(read_svg(&svg), ["WIFI:T:WPA;S:Lamp;P:from a pipe;;"]);
}

#[test]
fn a_second_code_brings_the_labels_code_to_the_page() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("code"), "h7rk 2mwq 9xtz\n").unwrap();
    for (protection, first) in [
        (&["--open"][..], "WIFI:T:nopass;S:Lamp;;"),
        (&["--passphrase-file", "code"], "WIFI:T:WPA;S:Lamp;P:h7rk 2mwq 9xtz;;"),
    ] {
        let arguments =
            [&["--name", "Lamp", "--code-file", "code", "--svg", "l.svg", "--png", "l.png"], protection];
        let output = label(&arguments.concat(), folder.path(), "");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(!said(&output).contains("h7rk"), "the code is not told");
        let svg = fs::read_to_string(folder.path().join("l.svg")).unwrap();
        let expected = [first, "http://192.168.4.1/#h7rk%202mwq%209xtz"];
        assert_eq!(read_svg(&svg), expected);
        assert_eq!(read_png(&folder.path().join("l.png")), expected);
        // It says when to scan it and what for, and what to type in its place.
        for shown in ["Once joined, scan this", "nobody who", "h7rk 2mwq 9xtz"] {
            assert!(words(&svg).contains(shown), "{shown}: {}", words(&svg));
        }
    }
    fs::remove_file(folder.path().join("l.svg")).unwrap();
    let arguments = ["--name", "Lamp", "--passphrase-file", "-", "--code-file", "code", "--svg", "l.svg"];
    let other = label(&arguments, folder.path(), "another one\n");
    assert!(said(&other).contains("its passphrase"), "{}", said(&other));
    assert!(!folder.path().join("l.svg").exists());
}

#[test]
fn what_makes_no_label_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let refuses = |arguments: &[&str], typed: &str, why: &str| {
        let arguments = [arguments, &["--svg", "no.svg", "--png", "no.png"]].concat();
        let output = label(&arguments, folder.path(), typed);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
        assert!(
            typed.trim_end().is_empty() || !said(&output).contains(typed.trim_end()),
            "{}",
            said(&output)
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
    };
    let from_stdin = ["--name", "Lamp", "--passphrase-file", "-"];
    refuses(&["--name", "Lamp"], "", "--passphrase-file <FILE>|--open");
    refuses(&["--name", "Lamp", "--passphrase-file", "nowhere"], "", "nowhere: cannot be read");
    refuses(&["--name", &"n".repeat(33), "--open"], "", "--name: ");
    refuses(&from_stdin, "short77\n", "--passphrase-file: -: ");
    refuses(&from_stdin, "ends with a \\\n", "does not end with a backslash");
    refuses(&from_stdin, "\n", "say --open");
    refuses(&["--name", "灯", "--open"], "", "make an SVG");
}

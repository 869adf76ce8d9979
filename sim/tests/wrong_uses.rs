//! The command used wrongly, as people do: what it says then is a snapshot, to be read like any text. Each ends with 2, or
//! the reason why not stands beside it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Files that are given to the wrong command, and files with mistakes.
fn files(folder: &Path) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "scenario.toml",
        "name = \"first\"\n[[phone]]\nmodel = \"ios-17\"\n[expect]\nstate = \"portal-open\"\n",
    );
    write("nothing.toml", "name = \"expects nothing\"\n");
    write(
        "mistakes.toml",
        "name = \"mistakes\"\n[[network]]\nssid = \"Home\"\npassword = \"four green lanterns\"\nsignal = -8000\n\
         [[phone]]\nmodel = \"ios-17\"\nhabbits = \"hurried\"\n[expect]\nwithin = 20\nstate = \"conected\"\n",
    );
    write("fault.toml", "name = \"a fault\"\n[[step]]\nat = \"1s\"\ndo = \"power-cut\"\n");
    write("table.toml", "[scenario]\nname = \"x\"\n");
    write("phone.toml", "name = \"x\"\n[[phone]]\nmodel = \"iPhone\"\n");
    write(
        "fails.toml",
        "name = \"fails\"\n[expect]\nwithin = \"3s\"\nstate = \"connected\"\nfailures = [\"not-found\"]\n",
    );
    write(
        "profile.toml",
        "name = \"p\"\nwhat = \"w\"\naddress = \"192.168.4.1\"\nsource = \"s\"\ngrade = \"C\"\n\
         dns.address = { answer = \"portal\", source = \"s\", grade = \"C\" }\n\
         dns.other = { answer = \"nothing\", source = \"s\", grade = \"C\" }\n\
         https = { answer = \"refused\", source = \"s\", grade = \"C\" }\n",
    );
    write(
        "join.toml",
        "name = \"joins\"\n[[network]]\nssid = \"Home\"\npassphrase = \"four green lanterns\"\n[[phone]]\nmodel = \"ios-17\"\n\
         wants = \"Home\"\ntries = [\"right\"]\n[expect]\nwithin = \"60s\"\nstate = \"connected\"\n",
    );
    write(
        "contradictions.toml",
        "name = \"contradictions\"\n[[network]]\nssid = \"Home\"\nchannel = 99\n[[phone]]\nmodel = \"ios-17\"\nwants = \"Hme\"\n\
         [[step]]\nat = \"1s\"\ndo = \"network-off\"\nnetwork = \"Away\"\n[expect]\njoined = \"Hom\"\n",
    );
    write(
        "tables.toml",
        "name = \"tables\"\n[scenario]\nseed = 1\n[[phone]]\nhabits = \"hurried\"\n[expect]\nstat = \"open\"\n",
    );
    std::fs::create_dir(folder.join("project")).unwrap();
    write("project/right.toml", "phones = [\"samsung\"]\n");
    write("project/wrong.toml", "phons = [\"samsung\"]\ndriver = 3\nreports = \"reports\"\n");
    write("project/vestibule.toml", "phones = [\"samsng-14\", \"ios-17\"]\ndriver = \"virtul\"\n");
    std::fs::write(folder.join("capture.pcap"), [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]).unwrap();
    std::fs::write(folder.join("noise.bin"), [0xff, 0xfe, 0x00, 0x80]).unwrap();
    write(
        "trace.jsonl",
        "{\"us\":0,\"node\":\"world\",\"layer\":\"script\",\"event\":\"begins\",\"scenario\":\"x\",\"seed\":1}\n",
    );
    let reply = "HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n";
    let probe = |request: &str| {
        let what = "\"provenance\": \"reconstructed\", \"what\": \"made up\", \"by\": \"probe\"";
        format!("{{{what}, \"http\": \"{request}\", \"recorded_reply\": \"{reply}\"}}\n")
    };
    let head = "{\"vestibule\": \"capture/1\", \"name\": \"mixed\", \"client\": \"a proxy\", \"judge\": {\"android\": \"10\"}, \
         \"source\": \"a test\", \"grade\": \"C\", \"concludes\": \"portal\", \"notes\": \"a proxy\"}\n";
    let android = "GET /generate_204 HTTP/1.1\\r\\nConnection: close\\r\\nUser-Agent: Dalvik/2.1.0 (Linux; U; Android 10; K \
         Build/QQ)\\r\\nHost: connectivitycheck.gstatic.com\\r\\n\\r\\n";
    let apple = "GET /hotspot-detect.html HTTP/1.0\\r\\nHost: captive.apple.com\\r\\nConnection: close\\r\\nUser-Agent: \
         CaptiveNetworkSupport-1.0 wispr\\r\\n\\r\\n";
    write("mixed.jsonl", &[head, &probe(android), &probe(apple)].concat());
    std::fs::create_dir(folder.join("folder")).unwrap();
}

const USES: &[&str] = &[
    "chek 192.168.4.1",
    "check",
    "check 127.0.0.1:99999",
    "check 256.1.1.1",
    "check 127.0.0.1:9 --dns 127.0.0.1:9",
    "check 127.0.0.1 --phones iphon",
    "check 127.0.0.1 --phones ios-99",
    "check 127.0.0.1 --phones samsng-14",
    "check 127.0.0.1 --probe https://check.example/",
    "check 127.0.0.1 --timeout -1s",
    "check 127.0.0.1 --wait 5",
    "run capture.pcap",
    "run noise.bin",
    "run trace.jsonl",
    "run profile.toml",
    "run missing.toml",
    "run folder",
    "run --driver virtual nothing.toml",
    "run --driver virtual fails.toml",
    "run mistakes.toml fault.toml",
    "run table.toml",
    "run contradictions.toml tables.toml",
    "stand-in wifimanager.toml",
    "stand-in wifimanagr",
    "stand-in portal",
    "matrix wled tasmot",
    "explain missing.pcap",
    "import missing.pcap -o out.jsonl",
    "export missing.jsonl --svg out.svg",
    "replay missing.jsonl",
    "demo --open missing.jsonl",
    "label --name Lamp --passphrase-file missing.txt --svg out.svg",
    "check 127.0.0.1:9 --trust missing.pem",
    "check 127.0.0.1:9 --watch --json",
    "check 127.0.0.1:9 --config missing.toml",
    "check 127.0.0.1:9 --dns 127.0.0.1:9 --config project/right.toml",
    "check 127.0.0.1:9 --config project/wrong.toml",
    "check 127.0.0.1:9 --config project/vestibule.toml",
    "check 127.0.0.1:9 --config project/vestibule.toml --no-config",
    "run phone.toml",
    "run --driver virtual --html folder scenario.toml",
    "run --driver virtual --junit nowhere/junit.xml scenario.toml",
    "campaign scenario.toml --seeds 0",
    "campaign scenario.toml --seeds 1 --html folder",
    "run --driver virtual --seed abc scenario.toml",
    "run --driver virtual --seed -1 scenario.toml",
    "run --driver virtual --firmware scenario.toml scenario.toml",
    "campaign scenario.toml --from abc",
    "demo --seed abc",
    "replay scenario.toml",
    "replay capture.pcap",
    "import scenario.toml -o out.jsonl",
    "import folder -o out.jsonl",
    "explain scenario.toml",
    "stand-in scenario.toml",
    "matrix scenario.toml",
    "export scenario.toml --svg out.svg",
    "run --driver virtual -q --trace run.jsonl join.toml",
    "export run.jsonl --pcapng run.pcapng",
    "import run.pcapng -o out.jsonl",
    "export mixed.jsonl --svg out.svg",
    "explain mixed.jsonl",
    "demo --exit-after -1s",
    "completions",
    "label --name= --open --svg out.svg",
    "demo --dashboard-address 203.0.113.9 --exit-after 1s",
    "run --driver virtual -q -v scenario.toml",
];

/// Whether it counts what today's device has sent, which is not what is looked at here.
fn is_of_a_run(line: &str) -> bool {
    line.starts_with("out")
        || line.contains("join.toml: joins")
        || (line.contains(" frames") && !line.contains(" 0 frames"))
}

fn without_offset(line: &str) -> String {
    let Some((before, rest)) = line.split_once("offset ") else { return line.to_owned() };
    format!("{before}offset …{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// What it says, without what only this machine has.
fn said(folder: &Path, line: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(line.split(' '))
        .current_dir(folder)
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    let both =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    // What clap says after its sentence is clap's.
    let own = both.split("\n\nUsage:").next().unwrap_or_default();
    let own = own.replace("vestibule.exe", "vestibule");
    let here = std::fs::canonicalize(folder).unwrap().display().to_string();
    let own = own.replace(&here, "HERE").replace(&folder.display().to_string(), "HERE");
    let mut told = String::new();
    for line in own.lines().filter(|line| !is_of_a_run(line)) {
        let line = without_offset(line);
        let line = match line.find(", trace ") {
            Some(at) => &line[..at],
            None => &line,
        };
        let cut: String = line.chars().take(240).collect();
        writeln!(told, "{}", cut.trim_end()).unwrap();
    }
    format!("$ vestibule {line}\n{told}exit code {}\n\n", output.status.code().unwrap_or(-1))
}

#[test]
fn what_is_said_of_wrong_uses() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let all: String = USES.iter().map(|line| said(folder.path(), line)).collect();
    for word in ["Some(", "None", "Err(", "Error {", "os error", "panicked", "lanterns"] {
        assert!(!all.contains(word), "{word}: {all}");
    }
    insta::assert_snapshot!(all);
}

/// A script that calls it without a command waits for something that never ends, and is told so at once.
#[test]
fn a_demo_without_a_terminal_says_first_that_it_runs_on() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_vestibule")).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(demo.stdout.take().unwrap()).read_line(&mut line).unwrap();
    demo.kill().unwrap();
    demo.wait().unwrap();
    assert!(line.contains("runs until it is ended") && line.contains("--exit-after"), "{line}");
}

/// On a terminal of any width no word of the help is cut.
#[test]
fn help_is_wrapped_at_words() {
    for command in ["check", "run", "campaign", "demo"] {
        let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args([command, "-h"])
            .env("COLUMNS", "80")
            .output()
            .unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.lines().count() < 90, "{command}: {} lines", help.lines().count());
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{command}: {line}");
        }
    }
}

//! Examples of every command: in its help, and in its man page.

use clap::Command;

/// The words of a command, and what comes after them.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "verify",
        &[
            "payment.json --chain chain.json --device-key device.key --amount 1999 --currency EUR",
            "signature.blob --ask ask.blob --auth-key auth-key.blob --device-key attk.pem \\
      --challenge 'order 42'",
        ],
    ),
    (
        "verify-report",
        &["report.json --device-key device.key --nonce $NONCE"],
    ),
    ("fp-eval", &["FVC2002/DB1_A --svg det.svg"]),
    ("info", &[""]),
    ("doctor", &["", "--json"]),
    ("provision", &[""]),
    (
        "latch",
        &["--device-id acee591a25cdfe5ec5c5c96f248d15a0 --lot 2026-31 --issuer issuer.key"],
    ),
    ("factory-reset", &["--yes"]),
    ("device-key", &["--out device.key"]),
    ("enroll", &["", "--image thumb_1.png --image thumb_2.png"]),
    ("fingers", &[""]),
    ("remove-finger", &["2"]),
    ("remove-fingers", &[""]),
    ("invalidate-enrolment", &[""]),
    ("set-password", &["", "--password-file passwords.txt"]),
    ("unlock", &["", "--password-file -"]),
    (
        "app-key",
        &["", "--replace", "--report report.json --nonce $NONCE"],
    ),
    (
        "payment-key",
        &["--scene checkout", "--scene checkout --replace"],
    ),
    ("keys", &[""]),
    ("remove-key", &["--scene checkout"]),
    ("remove-app", &["", "--uid 10115"]),
    ("chain", &["--scene checkout --out chain.json"]),
    (
        "pay",
        &[
            "--scene checkout --amount 1999 --currency EUR --payee 'Caffè Rossi' --order 42 \\
      --nonce $NONCE --out payment.json",
        ],
    ),
    ("soter provision", &[""]),
    ("soter prepare", &[""]),
    ("soter device-key", &["--out attk.pem"]),
    ("soter app-key", &["", "--replace"]),
    (
        "soter payment-key",
        &["--scene checkout", "--scene checkout --replace"],
    ),
    ("soter keys", &[""]),
    ("soter remove-key", &["--scene checkout"]),
    ("soter remove-app", &["", "--uid 10115"]),
    (
        "soter export",
        &["--scene checkout --ask ask.blob --auth-key auth-key.blob"],
    ),
    (
        "soter sign",
        &["--scene checkout --challenge 'order 42' --out signature.blob"],
    ),
];

/// The command, with the examples in its help.
pub fn in_help(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (words, examples)| {
        let mut help = String::from("Examples:");
        for example in *examples {
            help += format!("\n  touchseal {words} {example}").trim_end();
        }
        let words: Vec<_> = words.split(' ').collect();
        at(command, &words, help)
    })
}

fn at(command: Command, words: &[&str], help: String) -> Command {
    match words {
        [] => command.after_help(help),
        [first, rest @ ..] => command.mut_subcommand(first, |found| at(found, rest, help)),
    }
}

//! What a device is asked to sign.

use super::text;
use anyhow::{bail, ensure};
use clap::builder::TypedValueParser;
use touchseal_proto::label::Label;
use touchseal_proto::message::Currency;
use touchseal_proto::soter::Challenge;

/// A name that a person reads.
pub fn label<const N: usize>() -> impl TypedValueParser<Value = Label<N>> {
    text(|text| {
        ensure!(!text.is_empty(), "it is empty");
        ensure!(text.len() <= N, "it is longer than {N} bytes");
        ensure!(text.trim() == text, "it has white space at an end");
        ensure!(!text.contains('\0'), "it has a NUL");
        Label::new(text)
            .map_err(|_| anyhow::anyhow!("it has control characters, or invisible ones"))
    })
}

/// What a SOTER backend asks to be signed.
pub fn challenge() -> impl TypedValueParser<Value = Box<Challenge>> {
    text(|text| {
        ensure!(!text.is_empty(), "it is empty");
        let (count, most) = (text.chars().count(), Challenge::MAX_CHARS);
        ensure!(
            count <= most,
            "it has {count} characters: {most} is the most"
        );
        match Challenge::new(text) {
            Ok(challenge) => Ok(challenge.into()),
            Err(_) => bail!("it is too long"),
        }
    })
}

/// An ISO 4217 currency code.
pub fn currency() -> impl TypedValueParser<Value = Currency> {
    text(|text| match Currency::new(text) {
        Ok(currency) => Ok(currency),
        Err(_) => bail!("it is not three capital letters"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{cpu_id, device_id, nonce};
    use super::*;
    use clap::{Arg, Command};
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    fn refusal<P: TypedValueParser>(parser: P, given: &[u8]) -> Option<String>
    where
        P::Value: Clone + Send + Sync + 'static,
    {
        let command = Command::new("test").arg(Arg::new("it").value_parser(parser));
        let args = ["test".into(), OsString::from_vec(given.to_vec())];
        let error = command.try_get_matches_from(args).err()?;
        Some(error.to_string())
    }

    #[test]
    fn what_is_wrong_is_said() {
        let most = "é".repeat(Challenge::MAX_CHARS);
        assert_eq!(refusal(challenge(), most.as_bytes()), None);
        assert_eq!(refusal(challenge(), b"a\0\"\\b"), None);
        assert_eq!(refusal(label::<64>(), "Caffè Rossi".as_bytes()), None);
        let over = format!("{most}é");
        for (refusal, word) in [
            (refusal(challenge(), b""), "empty"),
            (refusal(challenge(), over.as_bytes()), "513 characters"),
            (refusal(challenge(), b"\xff"), "not UTF-8"),
            (refusal(label::<64>(), b""), "empty"),
            (refusal(label::<64>(), &[b'x'; 65]), "longer than 64 bytes"),
            (refusal(label::<64>(), b"shop "), "white space"),
            (refusal(label::<64>(), b"a\0b"), "NUL"),
            (refusal(label::<64>(), b"a\x1bb"), "control"),
            (refusal(label::<64>(), "a\u{202e}b".as_bytes()), "invisible"),
            (refusal(label::<64>(), b"\xc3\x28"), "not UTF-8"),
            (refusal(currency(), b"eur"), "capital"),
            (refusal(device_id(), b"00"), "32 hexadecimal"),
            (refusal(nonce(), b"00"), "64 hexadecimal"),
            (refusal(cpu_id(), b"00"), "36 lower-case"),
        ] {
            let refusal = refusal.unwrap_or_default();
            assert!(refusal.contains(word), "{word}: {refusal}");
        }
    }
}

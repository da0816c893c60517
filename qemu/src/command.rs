//! A command for the guest, and what came of it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// A program to run in the guest, with its arguments.
#[derive(Debug, Clone)]
pub struct Command {
    program: String,
    args: Vec<String>,
    environment: Vec<(String, String)>,
    directory: Option<PathBuf>,
    ids: Option<(u32, u32)>,
    pub(crate) live: bool,
}

impl Command {
    /// A program by its path, or by its name when it is one of the guest's or
    /// in [`crate::Options::programs`].
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            environment: Vec::new(),
            directory: None,
            ids: None,
            live: false,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Runs it in this directory rather than in `/`.
    #[must_use]
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Runs it as this uid, with the gid of the same number as on Android, and
    /// no other groups.
    #[must_use]
    pub fn uid(self, uid: u32) -> Self {
        self.uid_gid(uid, uid)
    }

    /// Runs it as this uid and gid, and no other groups.
    #[must_use]
    pub fn uid_gid(mut self, uid: u32, gid: u32) -> Self {
        self.ids = Some((uid, gid));
        self
    }

    /// Also passes on what it prints, as it comes.
    #[must_use]
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// The command as a script for the guest's shell.
    pub(crate) fn script(&self, path: &str) -> String {
        let mut script = format!("export PATH={}\n", quoted(path));
        for (name, value) in &self.environment {
            let _ = writeln!(script, "export {name}={}", quoted(value));
        }
        if let Some(directory) = &self.directory {
            let _ = writeln!(
                script,
                "cd {} || exit 126",
                quoted(&directory.display().to_string())
            );
        }
        script.push_str("exec ");
        if let Some((uid, gid)) = self.ids {
            // By its path: the shell has a lesser setpriv built in.
            let _ = write!(
                script,
                "/usr/bin/setpriv --reuid={uid} --regid={gid} --clear-groups -- "
            );
        }
        script.push_str(&quoted(&self.program));
        for arg in &self.args {
            let _ = write!(script, " {}", quoted(arg));
        }
        script.push('\n');
        script
    }
}

impl std::fmt::Display for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}

/// What a command of the guest did.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its exit code; 128 and the signal's number when a signal ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// From sending the command to having all of its output.
    pub elapsed: Duration,
}

/// One word for a POSIX shell.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        let command = Command::new("echo")
            .args(["it's", "$HOME", "two\nlines"])
            .uid(10115);
        assert_eq!(
            command.script("/usr/bin"),
            "export PATH='/usr/bin'\nexec /usr/bin/setpriv --reuid=10115 --regid=10115 --clear-groups -- \
             'echo' 'it'\\''s' '$HOME' 'two\nlines'\n"
        );
    }
}

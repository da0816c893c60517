//! What a shell completes, and the man pages: made from the commands' definitions, for who
//! packages the program.

use super::output::{Output, print};
use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(&self, mut command: Command) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "touchseal", &mut script);
        print(String::from_utf8(script)?.trim_end())
    }
}

#[derive(Args)]
pub struct ManPages {
    /// The directory to write them to
    folder: PathBuf,
}

impl ManPages {
    pub fn run(&self, command: Command, output: Output) -> Result<()> {
        let mut command = command.disable_help_subcommand(true);
        command.build();
        let path = self.folder.display();
        let pages =
            write(&command, &self.folder).with_context(|| format!("cannot write {path}"))?;
        output.say(
            format!("{pages} man pages in {path}"),
            json!({ "pages": pages }),
        )
    }
}

/// A page for the command and for each below it: how many.
fn write(command: &Command, folder: &Path) -> Result<u32> {
    let page = Man::new(command.clone());
    std::fs::write(folder.join(page.get_filename()), text(&page, command)?)?;
    let mut pages = 1;
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        pages += write(below, folder)?;
    }
    Ok(pages)
}

fn text(page: &Man, command: &Command) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let name = command.get_display_name().unwrap_or("touchseal");
    // Without a date, which would be another with each build. Man leaves it out, and all moves up.
    let version = env!("CARGO_PKG_VERSION");
    writeln!(text, r#".TH {name} 1 "" "touchseal {version}" touchseal"#)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    let mut more = Roff::new();
    if let Some(help) = command.get_after_help() {
        as_it_is(&mut more, &help.to_string());
    }
    if name != "touchseal" {
        more.control("SH", ["SEE ALSO"]);
        more.control("BR", ["touchseal", "(1)"]);
    }
    more.to_writer(&mut text)?;
    Ok(text)
}

/// A heading, and below it lines that stay as they are.
fn as_it_is(page: &mut Roff, help: &str) {
    let (heading, lines) = help.split_once(":\n").unwrap_or(("", help));
    page.control("SH", [heading.to_uppercase().as_str()]);
    page.control("nf", []);
    for line in lines.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
}

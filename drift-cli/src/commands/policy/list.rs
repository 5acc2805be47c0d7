//! `drift policy list`: the catalogue.

use drift_core::judge::Exit;
use drift_core::policy::{PACKS, catalogue_json, catalogue_markdown, catalogue_text};

use crate::args::{CatalogueFormat, PolicyList};
use crate::failure::Failure;
use crate::policies::BUILTIN;
use crate::settings::Settings;
use crate::tailoring;
use crate::terminal::Terminal;

pub(super) fn run(
    args: &PolicyList,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let named = match args.policy.is_empty() {
        true => PACKS.iter().map(|pack| format!("{BUILTIN}{}", pack.name)).collect(),
        false => args.policy.clone(),
    };
    let mut set = super::load(&named, &args.trust, settings)?;
    tailoring::tailor(&mut set, &args.tailoring, settings)?;
    let text = match args.format {
        CatalogueFormat::Text => catalogue_text(&set),
        CatalogueFormat::Json => catalogue_json(&set),
        CatalogueFormat::Markdown => catalogue_markdown(&set),
    };
    terminal.result(text.as_bytes())?;
    Ok(Exit::CLEAN)
}

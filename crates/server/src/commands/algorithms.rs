//! `handlens algorithms`: what can be trained and what can be set.

use handlens::models::{Info, catalogue};
use handlens::prepare::STEPS;
use handlens::settings::Hyperparameter;

use super::task_name;
use super::train::find_algorithm;
use crate::cli::Algorithms;
use crate::failure::Result;
use crate::output::{print, print_json};

/// Lists all algorithms, or tells one.
pub fn run(options: &Algorithms, is_json: bool) -> Result<()> {
    let infos: Vec<&Info> = match &options.id {
        Some(id) => vec![find_algorithm(id)?],
        None => catalogue().iter().map(|entry| entry.info).collect(),
    };
    if is_json {
        return print_json(&infos);
    }
    let algorithms: String = infos.iter().map(|info| in_words(info)).collect();
    let steps: String = STEPS.iter().map(declaration).collect();
    print(&format!(
        "{algorithms}Steps of the recipe, set by -p as well\n{steps}"
    ))
}

fn in_words(info: &Info) -> String {
    let tasks: Vec<&str> = info.tasks.iter().map(|task| task_name(*task)).collect();
    let declarations: String = info.hyperparameters.iter().map(declaration).collect();
    format!(
        "{}: {} ({})\n  {}\n  {}\n  {}\n{declarations}\n",
        info.id,
        info.label,
        tasks.join(", "),
        info.summary,
        info.use_when,
        info.avoid_when
    )
}

/// `    -p n_neighbors=5  must be a whole number from 1 to 1000`, and its help below.
fn declaration(declared: &Hyperparameter) -> String {
    let default = declared.default().to_string();
    let default = default
        .trim_matches(['\u{201c}', '\u{201d}', '[', ']'])
        .replace(", ", ",");
    format!(
        "    -p {}={default}  {}\n        {}\n",
        declared.name, declared.kind, declared.help
    )
}

//! `-p name=value`: hyperparameters of the algorithm and steps of the recipe, by name.

use handlens::models::Info;
use handlens::prepare::STEPS;
use handlens::settings::{Hyperparameter, Settings};

use crate::failure::{Failure, Result};

/// What `-p` set.
#[derive(Debug, Default, PartialEq)]
pub struct Parameters {
    /// For the algorithm.
    pub hyperparameters: Settings,
    /// For the recipe.
    pub steps: Settings,
}

/// Sorts and reads what was given; a name given twice has its last value.
pub fn parse(given: &[String], info: &Info) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    for text in given {
        let Some((name, value)) = text.split_once('=') else {
            let message = format!("-p wants NAME=VALUE, found \u{201c}{text}\u{201d}.");
            return Err(Failure::Usage(message));
        };
        let name = name.trim();
        let find = |declared: &'static [Hyperparameter]| declared.iter().find(|d| d.name == name);
        let (declaration, settings) = match (find(info.hyperparameters), find(STEPS)) {
            (Some(declaration), _) => (declaration, &mut parameters.hyperparameters),
            (None, Some(declaration)) => (declaration, &mut parameters.steps),
            (None, None) => return Err(unknown(name, info)),
        };
        let value = declaration
            .parse(value)
            .map_err(|error| Failure::Usage(error.to_string()))?;
        settings.insert(name.to_owned(), value);
    }
    Ok(parameters)
}

fn unknown(name: &str, info: &Info) -> Failure {
    let names = |declared: &[Hyperparameter]| {
        let names: Vec<&str> = declared
            .iter()
            .map(|declaration| declaration.name)
            .collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    Failure::Usage(format!(
        "-p knows no \u{201c}{name}\u{201d}. The hyperparameters of {} are: {}. The steps of the recipe are: {}.",
        info.id,
        names(info.hyperparameters),
        names(STEPS)
    ))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::failure::Failure;
    use handlens::models::{Info, catalogue};
    use handlens::prepare::STEPS;
    use handlens::settings::Setting;

    fn knn() -> &'static Info {
        catalogue()
            .iter()
            .map(|entry| entry.info)
            .find(|info| info.id == "knn")
            .unwrap()
    }

    #[test]
    fn names_find_the_algorithm_or_the_recipe() {
        let given = ["n_neighbors=7", "scale=none", "n_neighbors= 9 "].map(str::to_owned);
        let parameters = parse(&given, knn()).unwrap();
        assert_eq!(
            parameters.hyperparameters["n_neighbors"],
            Setting::Number(9.0)
        );
        assert_eq!(parameters.steps["scale"], Setting::Text("none".into()));
    }

    #[test]
    fn what_is_wrong_is_wrong_usage() {
        for (given, part) in [
            ("n_neighbors", "NAME=VALUE"),
            ("n_neighbours=3", "n_neighbors"),
            ("n_neighbors=0", "n_neighbors"),
            ("n_neighbors=many", "n_neighbors"),
            ("scale=up", "min_max"),
        ] {
            match parse(&[given.to_owned()], knn()) {
                Err(Failure::Usage(message)) => assert!(message.contains(part), "{message}"),
                other => panic!("{given}: {other:?}"),
            }
        }
    }

    #[test]
    fn no_hyperparameter_has_the_name_of_a_step() {
        for entry in catalogue() {
            for declaration in entry.info.hyperparameters {
                assert!(STEPS.iter().all(|step| step.name != declaration.name));
            }
        }
    }
}

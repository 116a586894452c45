//! Where served models come from: files, which are read once, and a registry, which is followed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use handlens::export::Artifact;
use handlens::rest::Rest;
use tokio::sync::watch;

use super::cannot_serve;
use crate::cli::ServedModel;
use crate::failure::Result;
use crate::input::read_file;
use crate::output::note;
use crate::registry::{Registry, Version};

/// How often the registry is asked whether it has changed.
const PAUSE: Duration = Duration::from_secs(1);

/// Files and a registry, and what was read of them.
pub struct Source {
    files: Vec<(String, Arc<Artifact>)>,
    kept: Option<Kept>,
}

/// An open registry. Its artifacts never change, so they stay as they were read, by their hash.
struct Kept {
    registry: Registry,
    path: PathBuf,
    artifacts: BTreeMap<String, Arc<Artifact>>,
    /// The state of the file that was read last.
    seen: i64,
}

impl Source {
    /// Reads the files and opens the registry.
    pub fn open(models: &[ServedModel], db: Option<&Path>) -> Result<Self> {
        let read = |model: &ServedModel| -> Result<_> {
            let artifact = Artifact::from_bytes(&read_file(&model.path)?)?;
            Ok((model.name.clone(), Arc::new(artifact)))
        };
        Ok(Self {
            files: models.iter().map(read).collect::<Result<_>>()?,
            kept: db.map(Kept::open).transpose()?,
        })
    }

    /// Whether there is nothing to serve.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.kept.is_none()
    }

    /// Whether there is something to follow.
    pub fn may_change(&self) -> bool {
        self.kept.is_some()
    }

    /// Everything that is served now.
    pub fn read(&mut self) -> Result<Rest> {
        let mut rest = Rest::new();
        for (name, artifact) in &self.files {
            rest.add(name, Arc::clone(artifact))?;
        }
        if let Some(kept) = &mut self.kept {
            kept.read(&mut rest)?;
        }
        Ok(rest)
    }

    /// Hands on what changes, until nobody listens. What cannot be served is said once and tried
    /// again; what is served stays.
    pub fn follow(&mut self, sender: &watch::Sender<Arc<Rest>>) {
        let mut said = String::new();
        while !sender.is_closed() {
            std::thread::sleep(PAUSE);
            match self.changed() {
                Ok(None) => {}
                Ok(Some(mut rest)) => {
                    rest.succeed(&sender.borrow());
                    sender.send_replace(Arc::new(rest));
                    said.clear();
                }
                Err(failure) => {
                    let sentence = failure.sentence();
                    if sentence != said {
                        note(&format!(
                            "The change of the file of models is not served. {sentence}"
                        ));
                        said = sentence;
                    }
                }
            }
        }
    }

    /// Reads anew where the registry has changed.
    fn changed(&mut self) -> Result<Option<Rest>> {
        let Some(kept) = &mut self.kept else {
            return Ok(None);
        };
        let now = kept.registry.data_version()?;
        if now == kept.seen {
            return Ok(None);
        }
        kept.registry.check(&kept.path)?;
        let rest = self.read()?;
        // Only what was read is seen; the number is from before, so no later change is missed.
        if let Some(kept) = &mut self.kept {
            kept.seen = now;
        }
        Ok(Some(rest))
    }
}

impl Kept {
    fn open(path: &Path) -> Result<Self> {
        let registry = Registry::open(path)?;
        Ok(Self {
            seen: registry.data_version()?,
            path: path.to_owned(),
            artifacts: BTreeMap::new(),
            registry,
        })
    }

    /// Adds every version to `rest`, all as they are at one moment.
    fn read(&mut self, rest: &mut Rest) -> Result<()> {
        let Self {
            registry,
            artifacts,
            ..
        } = self;
        registry.read(|registry| {
            let versions = registry.versions()?;
            if versions.is_empty() {
                return Err(cannot_serve("The file of models holds none yet.".into()));
            }
            let chosen = chosen(&versions);
            for version in &versions {
                let artifact = match artifacts.get(&version.digest) {
                    Some(artifact) => Arc::clone(artifact),
                    None => Arc::new(Artifact::from_bytes(&registry.artifact(version)?)?),
                };
                artifacts.insert(version.digest.clone(), Arc::clone(&artifact));
                let number = u64::try_from(version.version).unwrap_or_default();
                let is_chosen = chosen.get(version.name.as_str()) == Some(&version.version);
                let aliases = version.aliases();
                rest.add_version(&version.name, number, &aliases, is_chosen, artifact)?;
            }
            Ok(())
        })
    }
}

/// The version that answers to each bare name: the champion, else the newest.
fn chosen(versions: &[Version]) -> BTreeMap<&str, i64> {
    let champions = versions
        .iter()
        .filter(|version| version.aliases().contains(&"champion"));
    // They come by name and number: the last one of a name stays.
    let all = versions.iter().chain(champions);
    all.map(|version| (version.name.as_str(), version.version))
        .collect()
}

//! What a device is asked for while its power may fail.

use crate::device::SCENES;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Operation {
    Provision,
    Enroll,
    SoterProvision,
    GenerateAppKey,
    ReplaceAppKey,
    ExportAppKey,
    GeneratePaymentKey,
    ReplacePaymentKey,
    ExportPaymentKey,
    Pay,
    RemovePaymentKey,
    RemoveAppKeys,
    SoterPrepare,
    SoterGenerateAppKey,
    /// From a spare.
    SoterGeneratePaymentKey,
    SoterGenerateWithoutSpare,
    SoterSign,
    SoterRemovePaymentKey,
    SoterRemoveAppKeys,
}

/// What a factory does, once a device.
pub const FACTORY: [Operation; 3] = [
    Operation::Provision,
    Operation::Enroll,
    Operation::SoterProvision,
];

/// What apps do, and the settings for them.
pub const APPS: [Operation; 16] = [
    Operation::GenerateAppKey,
    Operation::ReplacePaymentKey,
    Operation::Pay,
    Operation::ExportAppKey,
    Operation::GeneratePaymentKey,
    Operation::ReplaceAppKey,
    Operation::ExportPaymentKey,
    Operation::RemovePaymentKey,
    Operation::RemoveAppKeys,
    Operation::SoterPrepare,
    Operation::SoterGenerateAppKey,
    Operation::SoterGeneratePaymentKey,
    Operation::SoterSign,
    Operation::SoterRemovePaymentKey,
    Operation::SoterRemoveAppKeys,
    Operation::SoterGenerateWithoutSpare,
];

/// What an operation does to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Makes a key that is not there.
    Make,
    /// Makes another key in the place of one.
    Replace,
    Remove,
    RemoveApp,
    /// Signs, which uses up a counter value.
    Sign,
    Enroll,
    /// Makes a spare key pair.
    Prepare,
}

/// Whose keys: the payment TA's or the SOTER TA's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Dialect {
    Payments,
    Soter,
}

impl Operation {
    pub fn effect(self) -> Effect {
        match self {
            Self::Provision
            | Self::SoterProvision
            | Self::GenerateAppKey
            | Self::GeneratePaymentKey
            | Self::SoterGenerateAppKey
            | Self::SoterGeneratePaymentKey
            | Self::SoterGenerateWithoutSpare => Effect::Make,
            Self::ReplaceAppKey | Self::ReplacePaymentKey => Effect::Replace,
            Self::RemovePaymentKey | Self::SoterRemovePaymentKey => Effect::Remove,
            Self::RemoveAppKeys | Self::SoterRemoveAppKeys => Effect::RemoveApp,
            Self::ExportAppKey | Self::ExportPaymentKey | Self::Pay | Self::SoterSign => {
                Effect::Sign
            }
            Self::Enroll => Effect::Enroll,
            Self::SoterPrepare => Effect::Prepare,
        }
    }

    pub fn dialect(self) -> Dialect {
        match self {
            Self::SoterProvision
            | Self::SoterPrepare
            | Self::SoterGenerateAppKey
            | Self::SoterGeneratePaymentKey
            | Self::SoterGenerateWithoutSpare
            | Self::SoterSign
            | Self::SoterRemovePaymentKey
            | Self::SoterRemoveAppKeys => Dialect::Soter,
            _ => Dialect::Payments,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

/// The uid of the factory, whose own key is the device key.
pub const ROOT: u32 = 0;

/// Where a key belongs: the device's, the app's own, or a scene's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub dialect: Dialect,
    pub uid: u32,
    pub scene: Option<&'static str>,
}

/// As it is read: a scene is one of ours.
#[derive(Deserialize)]
struct Written {
    dialect: Dialect,
    uid: u32,
    scene: Option<String>,
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let Written {
            dialect,
            uid,
            scene,
        } = Written::deserialize(input)?;
        let named = |name: String| SCENES.into_iter().find(|scene| *scene == name);
        Ok(Self {
            dialect,
            uid,
            scene: scene.and_then(named),
        })
    }
}

impl Place {
    pub fn device(dialect: Dialect) -> Self {
        Self::app(dialect, ROOT)
    }

    pub fn app(dialect: Dialect, uid: u32) -> Self {
        Self {
            dialect,
            uid,
            scene: None,
        }
    }

    pub fn scene(dialect: Dialect, uid: u32, scene: &'static str) -> Self {
        Self {
            dialect,
            uid,
            scene: Some(scene),
        }
    }

    pub fn is_device(&self) -> bool {
        self.uid == ROOT
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scene {
            _ if self.is_device() => f.write_str("the device"),
            Some(scene) => write!(f, "{scene} of uid {}", self.uid),
            None => write!(f, "uid {}", self.uid),
        }
    }
}

//! What a device is asked for while its power may fail.

use std::fmt;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Provision,
    Enroll,
    GenerateAppKey,
    GeneratePaymentKey,
    ExportPaymentKey,
    Pay,
    RemovePaymentKey,
    RemoveAppKeys,
}

/// What a factory does, once a device.
pub const FACTORY: [Operation; 2] = [Operation::Provision, Operation::Enroll];

/// What apps do.
pub const APPS: [Operation; 6] = [
    Operation::GenerateAppKey,
    Operation::GeneratePaymentKey,
    Operation::ExportPaymentKey,
    Operation::Pay,
    Operation::RemovePaymentKey,
    Operation::RemoveAppKeys,
];

impl Operation {
    /// Whether it makes the device sign, which uses up a counter value.
    pub fn signs(self) -> bool {
        matches!(self, Self::ExportPaymentKey | Self::Pay)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

/// Where a key belongs: the app's own, or a scene's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub uid: u32,
    pub scene: Option<&'static str>,
}

impl Place {
    pub fn app(uid: u32) -> Self {
        Self { uid, scene: None }
    }

    pub fn scene(uid: u32, scene: &'static str) -> Self {
        Self {
            uid,
            scene: Some(scene),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scene {
            Some(scene) => write!(f, "{scene} of uid {}", self.uid),
            None => write!(f, "uid {}", self.uid),
        }
    }
}

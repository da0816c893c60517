//! What the fingerprint TA is asked, and answers: fingers, their enrolment, and matches.

use crate::signed::Sensor;
use crate::token::AuthToken;
use crate::wire::{wire_enum, wire_struct};
use heapless::Vec;

/// The largest number of fingers.
pub const MAX_FINGERS: usize = 5;

wire_struct! {
    /// Asks about the enrolled fingers.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetFingers {}
}

wire_struct! {
    /// The enrolled fingers.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Fingers {
        /// What sensor there is.
        sensor: Sensor,
        /// Android's authenticatorId: the enrolment epoch, 0 while no finger is enrolled.
        authenticator_id: u64,
        /// The enrolled fingers' numbers.
        fingers: Vec<u32, MAX_FINGERS>,
        /// How long matching is locked yet, in milliseconds; `u32::MAX` for good.
        locked_ms: u32,
    }
}

wire_struct! {
    /// Asks for a challenge that a stronger credential's token has to name, to begin an
    /// enrolment or to end a lock. The last one that was given counts, once.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetChallenge {}
}

wire_struct! {
    /// A challenge.
    #[derive(Clone, Debug, PartialEq, Eq)]
    FreshChallenge {
        /// Random; not zero.
        challenge: u64,
    }
}

wire_struct! {
    /// Begins to enrol a finger: an enrolment that was under way is given up.
    #[derive(Clone, Debug, PartialEq, Eq)]
    BeginEnroll {
        /// A stronger credential's; none while the factory mode is open.
        token: Option<AuthToken>,
    }
}

wire_struct! {
    /// Impressions are awaited.
    #[derive(Clone, Debug, PartialEq, Eq)]
    EnrollBegun {
        /// So many.
        wanted: u8,
    }
}

wire_struct! {
    /// Takes a picture of the finger that is being enrolled.
    #[derive(Clone, Debug, PartialEq, Eq)]
    AddImpression {}
}

wire_enum! {
    /// What became of an impression.
    Guidance {
        /// It was taken: lift the finger, and place it again a little differently.
        Taken = 0,
        /// It was the last: the finger is enrolled.
        Enrolled = 1,
        /// Too little of the finger is to be seen.
        TooSmall = 2,
        /// It shows what is known already: move the finger a little.
        TooSimilar = 3,
        /// It is of another finger than the ones before.
        WrongFinger = 4,
    }
}

wire_struct! {
    /// An impression was looked at.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Impression {
        /// What became of it.
        guidance: Guidance,
        /// How many were taken.
        taken: u8,
        /// How many are wanted.
        wanted: u8,
        /// The finger's number once it is enrolled; 0 before.
        finger: u32,
    }
}

wire_struct! {
    /// Gives the enrolment up.
    #[derive(Clone, Debug, PartialEq, Eq)]
    AbortEnroll {}
}

wire_struct! {
    /// Removes a finger. The epoch stays: keys that it could use, the others still can.
    #[derive(Clone, Debug, PartialEq, Eq)]
    RemoveFinger {
        /// Its number.
        finger: u32,
    }
}

wire_struct! {
    /// Removes every finger. The failed attempts stay counted.
    #[derive(Clone, Debug, PartialEq, Eq)]
    RemoveFingers {}
}

wire_struct! {
    /// Begins a new epoch with the same fingers: every payment key that was made before is
    /// unusable for ever.
    #[derive(Clone, Debug, PartialEq, Eq)]
    InvalidateEnrolment {}
}

wire_struct! {
    /// Ends a lock, and forgets the failed attempts.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ResetLockout {
        /// A stronger credential's.
        token: AuthToken,
    }
}

wire_struct! {
    /// Takes a picture of the finger on the sensor and matches it for an operation. The
    /// attempt is counted first.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Authenticate {
        /// The operation handle.
        operation: u64,
    }
}

wire_struct! {
    /// The finger matched.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Authenticated {
        /// The proof, for `Finish`.
        token: AuthToken,
    }
}

/// So many pixels of an image go in one request.
pub const IMAGE_PART: usize = 4096;

wire_struct! {
    /// Puts a part of an image on the simulated sensor: in order, from the first row on.
    /// The last part makes it a finger.
    #[derive(Clone, Debug, PartialEq, Eq)]
    PlaceImage {
        /// The image's width in pixels.
        width: u16,
        /// Its height.
        height: u16,
        /// Where the part begins.
        offset: u32,
        /// 8-bit grey pixels, row by row from the top, at 500 dpi.
        pixels: Vec<u8, IMAGE_PART>,
    }
}

//! What a diagnosis comes to.

use touchseal_proto::message::{Diagnosis, Slot};
use touchseal_proto::status::Status;

/// How the device key is: Ok, DeviceKeySlotDamaged where one copy is good and the other is
/// not, or why none signs. None where the storage does not say.
pub fn device_key(diagnosis: &Diagnosis) -> Option<Status> {
    if diagnosis.state != Status::Ok {
        return Some(diagnosis.state);
    }
    match [diagnosis.slot_a, diagnosis.slot_b] {
        [Slot::Good, Slot::Good | Slot::Unknown] | [Slot::Unknown, Slot::Good] => Some(Status::Ok),
        [Slot::Good, _] | [_, Slot::Good] => Some(Status::DeviceKeySlotDamaged),
        [Slot::Unknown, _] | [_, Slot::Unknown] => None,
        [Slot::Damaged, _] | [_, Slot::Damaged] => Some(Status::DeviceKeyMismatch),
        [Slot::Empty, Slot::Empty] => Some(Status::DeviceKeyLost),
    }
}

/// Whether a trusted application that a firmware need not have is not there. Anything but
/// its absence may only hide it.
pub fn is_absent(cause: Status) -> bool {
    cause == Status::TaNotFound
}

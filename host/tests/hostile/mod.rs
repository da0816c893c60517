//! A hostile normal world, on the real trusted applications: whatever it sends, in whatever
//! memory and order, they answer as PROTOCOL.md says or refuse, and go on as they were.

mod attack;
mod orders;
mod parameters;
mod raw;
mod sessions;
mod snapshots;
mod storm;
mod ta;
mod target;
mod witness;

//! The one instance of a trusted application, between its entry points.

use core::cell::RefCell;
use optee_utee::ErrorKind;

/// Holds the trusted application from its start on.
pub struct Instance<T>(RefCell<Option<T>>);

// SAFETY: OP-TEE enters an instance by one thread at a time unless it is flagged
// TA_FLAG_CONCURRENT, which ours are not (GlobalPlatform Internal Core API, 4.2.1).
unsafe impl<T> Sync for Instance<T> {}

impl<T> Instance<T> {
    /// Not yet started.
    #[allow(
        clippy::new_without_default,
        reason = "for a static, which needs a const fn"
    )]
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }

    /// Starts the trusted application.
    pub fn start(&self, ta: T) -> optee_utee::Result<()> {
        *self.0.try_borrow_mut().map_err(|_| ErrorKind::Busy)? = Some(ta);
        Ok(())
    }

    /// Ends the trusted application.
    pub fn stop(&self) {
        if let Ok(mut ta) = self.0.try_borrow_mut() {
            *ta = None;
        }
    }

    /// Enters the trusted application.
    pub fn enter<R>(&self, run: impl FnOnce(&mut T) -> R) -> optee_utee::Result<R> {
        let mut ta = self.0.try_borrow_mut().map_err(|_| ErrorKind::Busy)?;
        Ok(run(ta.as_mut().ok_or(ErrorKind::BadState)?))
    }
}

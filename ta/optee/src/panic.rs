//! A panic is a bug. The secure console says where; the client sees TARGET_DEAD.

use optee_utee::trace_println;

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        trace_println!("touchseal: panic at {}:{}", place.file(), place.line());
    }
    // SAFETY: ends this instance of the trusted application, and does not return.
    unsafe { optee_utee::raw::TEE_Panic(0) };
    loop {}
}

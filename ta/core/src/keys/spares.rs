//! Key pairs that are prepared ahead.

use super::Keys;
use crate::error::{Error, Result};
use crate::platform::{KeyStore, Store};

fn spare(number: u8) -> [u8; 6] {
    [b's', b'p', b'a', b'r', b'e', number]
}

impl<S: Store + KeyStore> Keys<'_, S> {
    pub(super) fn seal_new(&mut self, id: &[u8], record: &[u8]) -> Result<()> {
        for number in 0..S::SPARES {
            if self.has_good_spare(number)?
                && self.store.take_key(&spare(number), id, record)?.is_some()
            {
                return Ok(());
            }
        }
        self.store.generate_key(id, record).map(drop)
    }

    /// How many key pairs are prepared. A damaged one is none.
    pub fn spares(&mut self) -> Result<u8> {
        let mut spares = 0u8;
        for number in 0..S::SPARES {
            spares = spares.saturating_add(u8::from(self.has_spare(number)?));
        }
        Ok(spares)
    }

    fn has_spare(&mut self, number: u8) -> Result<bool> {
        match self.store.open_key(&spare(number)) {
            Ok(found) => Ok(found.is_some()),
            // Another instance takes it.
            Err(Error::StorageDamaged | Error::Busy) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether there is one, and it signs. What does not is deleted.
    fn has_good_spare(&mut self, number: u8) -> Result<bool> {
        match self.store.open_key(&spare(number)) {
            Ok(None) | Err(Error::Busy) => return Ok(false),
            Ok(Some(key)) if self.signs(&key)? => return Ok(true),
            Ok(Some(_)) | Err(Error::StorageDamaged) => {}
            Err(error) => return Err(error),
        }
        self.store.delete(&spare(number))?;
        Ok(false)
    }

    /// Makes a key pair for the next key that is wanted; returns how many there are.
    pub fn prepare(&mut self) -> Result<u8> {
        for number in 0..S::SPARES {
            if !self.has_good_spare(number)? {
                self.store.generate_key(&spare(number), &[])?;
                break;
            }
        }
        self.spares()
    }
}

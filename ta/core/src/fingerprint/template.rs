//! A finger's template: a finger minutiae record of ISO/IEC 19794-2:2005, clause 7,
//! whose views carry no extended data.
//!
//! The standard's origin is the image's top left pixel, y counts downwards, and the
//! angle, in 256ths of a turn counter-clockwise from the x axis, points along the ridge
//! of an ending. A [`Print`] is NIST's `xyt`: y is the image's height less the
//! standard's y, and theta, in degrees, points the other way.
//!
//! What a print does not say is written as unknown: which finger it is, what captured
//! it, a minutia's type and quality. Nothing is read but what is written.

mod layout;

use super::print::{MAX_MINUTIAE, Minutia, Print};
use crate::error::{Error, Result};
use layout::{FORMAT, Header, MinutiaRecord, NO_EXTENDED_DATA, RESOLUTION, UNKNOWN, ViewHeader};
use touchseal_bozorth3::{MAX_COORDINATE, MAX_THETA, MIN_COMPUTABLE_BOZORTH_MINUTIAE};
use touchseal_proto::wire::{Reader, Wire, Writer};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The largest number of views.
pub const MAX_VIEWS: usize = 4;
/// The smallest number of minutiae in a view: of fewer the matcher can say nothing.
pub const MIN_MINUTIAE: usize = MIN_COMPUTABLE_BOZORTH_MINUTIAE;
/// The longest side of an image, in pixels: the matcher takes no greater coordinate.
pub const MAX_SIDE: u16 = MAX_COORDINATE as u16;
// So the two bits above a coordinate are 0.
const _: () = assert!(MAX_SIDE < 1 << 14);
/// The best quality.
pub const MAX_QUALITY: u8 = 100;
/// The size of the largest record, in bytes.
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
pub const TEMPLATE_MAX: usize =
    Header::MAX + MAX_VIEWS * (EMPTY_VIEW + MAX_MINUTIAE * MinutiaRecord::MAX);
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
const EMPTY_VIEW: usize = ViewHeader::MAX + size_of_val(&NO_EXTENDED_DATA);

/// Impressions of one finger. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct Template {
    /// The images' width, in pixels at 500 dpi.
    pub width: u16,
    /// The images' height.
    pub height: u16,
    /// The impressions, one at least. Each is wiped when it is dropped, and would not be, were
    /// this wiped as bytes before.
    #[zeroize(skip)]
    pub views: heapless::Vec<View, MAX_VIEWS>,
}

/// One impression. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct View {
    /// Its minutiae, [`MIN_MINUTIAE`] at least.
    pub print: Print,
    /// The image's quality, [`MAX_QUALITY`] at most.
    pub quality: u8,
}

impl Template {
    /// Its record. A template that has none, because a number is out of its range, is
    /// told as a poor image.
    pub fn to_bytes(&self) -> Result<Zeroizing<heapless::Vec<u8, TEMPLATE_MAX>>> {
        if !self.is_in_range() {
            return Err(Error::PoorImage);
        }
        let mut bytes = Zeroizing::new(heapless::Vec::new());
        bytes.resize(self.len(), 0).map_err(|_| Error::Platform)?;
        let mut out = Writer::new(&mut bytes);
        out.put(&self.header())?;
        for (number, view) in (0..).zip(&self.views) {
            view.write(number, self.height, &mut out)?;
        }
        Ok(bytes)
    }

    /// The template that `bytes` are the record of. Whatever is not exactly one is
    /// damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes).map_err(damaged)
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let mut input = Reader::new(bytes);
        let header: Header = input.get()?;
        let mut template = Self {
            width: header.width,
            height: header.height,
            views: heapless::Vec::new(),
        };
        for number in 0..header.views {
            let view = View::read(number, header.height, &mut input)?;
            template
                .views
                .push(view)
                .map_err(|_| Error::StorageDamaged)?;
        }
        input.finish()?;
        if template.is_in_range() && template.header() == header {
            Ok(template)
        } else {
            Err(Error::StorageDamaged)
        }
    }

    fn is_in_range(&self) -> bool {
        self.width <= MAX_SIDE
            && self.height <= MAX_SIDE
            && !self.views.is_empty()
            && self.views.iter().all(|view| view.is_in_range(self))
    }

    fn len(&self) -> usize {
        self.views.iter().fold(Header::MAX, |len, view| {
            let minutiae = view.print.0.len().saturating_mul(MinutiaRecord::MAX);
            len.saturating_add(EMPTY_VIEW).saturating_add(minutiae)
        })
    }

    fn header(&self) -> Header {
        Header {
            format: FORMAT,
            length: u32::try_from(self.len()).unwrap_or(u32::MAX),
            equipment: [UNKNOWN; 2],
            width: self.width,
            height: self.height,
            x_resolution: RESOLUTION,
            y_resolution: RESOLUTION,
            views: u8::try_from(self.views.len()).unwrap_or(u8::MAX),
            reserved: 0,
        }
    }
}

/// What a record is that could not be read; where there is no memory, nothing is known of it.
pub(super) fn damaged(error: Error) -> Error {
    match error {
        Error::OutOfMemory => error,
        _ => Error::StorageDamaged,
    }
}

impl View {
    fn write(&self, number: u8, height: u16, out: &mut Writer<'_>) -> Result<()> {
        out.put(&self.header(number))?;
        for minutia in &self.print.0 {
            out.put(&MinutiaRecord::of(minutia, height))?;
        }
        out.put(&NO_EXTENDED_DATA)?;
        Ok(())
    }

    fn read(number: u8, height: u16, input: &mut Reader<'_>) -> Result<Self> {
        let header: ViewHeader = input.get()?;
        let mut view = Self {
            print: Print::room()?,
            quality: header.quality,
        };
        for _ in 0..header.minutiae {
            let minutia = input.get::<MinutiaRecord>()?.minutia(height)?;
            if !view.print.push(minutia) {
                return Err(Error::StorageDamaged);
            }
        }
        if view.header(number) == header && input.get::<u16>()? == NO_EXTENDED_DATA {
            Ok(view)
        } else {
            Err(Error::StorageDamaged)
        }
    }

    fn is_in_range(&self, template: &Template) -> bool {
        let in_image = |m: &Minutia| {
            m.x < template.width
                && (1..=template.height).contains(&m.y)
                && i32::from(m.theta) <= MAX_THETA
        };
        self.quality <= MAX_QUALITY
            && self.print.0.len() >= MIN_MINUTIAE
            && self.print.0.iter().all(in_image)
    }

    fn header(&self, number: u8) -> ViewHeader {
        ViewHeader {
            finger: UNKNOWN,
            number: number << 4,
            quality: self.quality,
            minutiae: u8::try_from(self.print.0.len()).unwrap_or(u8::MAX),
        }
    }
}

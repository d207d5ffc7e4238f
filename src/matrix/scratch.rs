//! Panels that one product leaves to the next: fresh memory would cost a visit to the system a
//! page.

use std::sync::Mutex;

use crate::linalg::gathered::Packed;
use crate::linalg::panel::{PackedPanel, Panel};

/// What a product needs beside its operands.
#[derive(Debug, Default)]
pub(super) struct Panels {
    /// Some rows of `A q`.
    pub(super) part: Panel,
    /// The operand of a product, rounded.
    pub(super) packed: PackedPanel,
    /// Some rows of `A q`, or the operand of a transposed product, rounded.
    pub(super) packed_part: PackedPanel,
}

/// The panels of the last product, which the next one fills again.
#[derive(Debug, Default)]
pub(super) struct Scratch(Mutex<Panels>);

impl Scratch {
    /// Hands a panel to `product`, rounded to 16 bits in one of the panels here.
    pub(super) fn with_packed<T>(
        &self,
        piece: impl Fn(&mut Panels) -> &mut PackedPanel,
        panel: &[f32],
        width: usize,
        product: impl FnOnce(Packed<'_>) -> T,
    ) -> T {
        let mut packed = self.take(&piece);
        let result = product(packed.pack(panel, width));
        self.put_back(&piece, packed);
        result
    }

    /// Takes a panel out; it is empty if another product has it.
    pub(super) fn take<T: Default>(&self, piece: impl Fn(&mut Panels) -> &mut T) -> T {
        self.0.lock().map(|mut panels| std::mem::take(piece(&mut panels))).unwrap_or_default()
    }

    /// Puts a panel back.
    pub(super) fn put_back<T>(&self, piece: impl Fn(&mut Panels) -> &mut T, value: T) {
        if let Ok(mut panels) = self.0.lock() {
            *piece(&mut panels) = value;
        }
    }
}

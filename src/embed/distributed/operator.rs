//! A matrix whose blocks other processes have: its products are sums of theirs.
//!
//! The blocks are divided into *nodes*: runs of whole leaves of the tree along which a
//! [`BlockMatrix`] adds its transposed products, a power of two of them each. So the sum over a
//! node is one that the whole matrix makes too, and the driver adds what is left of the tree. Where
//! there are fewer nodes than tasks can run side by side, the columns of a panel are divided among
//! several tasks of a node: each column is summed for itself.

use std::ops::Range;
use std::path::PathBuf;

use super::worker::header;
use crate::base::error::{Error, Result};
use crate::linalg::dense::{columns_of, set_columns};
use crate::linalg::panel::Panel;
use crate::matrix::{BLOCKS_PER_LEAF, BlockHeader, BlockMatrix, LeafSums, is_rounded};
use crate::operator::sums::add;
use crate::operator::{LinearOperator, Precision, add_squares};
use crate::storage::parcel::{ParcelReader, ParcelWriter};

/// Columns of a panel that one task takes, at least: a line of a cache.
const COLUMNS_PER_PIECE: usize = 16;

/// Columns of a panel that all tasks multiply in one go: what they hold, and what comes back, does
/// not grow with the rank.
pub(super) const COLUMNS_AT_A_TIME: usize = 64;

/// Which matrix is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatrixPart {
    /// The words that are decomposed.
    Fitted,
    /// The words that are folded in.
    Others,
}

/// What is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProductKind {
    /// `A q`.
    Forward,
    /// `A^T y`.
    Transposed,
    /// `A^T A q`.
    Gram,
    /// `A^T A q`, and `A q`.
    GramAndRows,
    /// `A^T A q`, and `(A q)^T A q`.
    GramAndSquares,
}

const KINDS: [ProductKind; 5] = [
    ProductKind::Forward,
    ProductKind::Transposed,
    ProductKind::Gram,
    ProductKind::GramAndRows,
    ProductKind::GramAndSquares,
];

/// A product that all nodes of a matrix are asked for.
pub struct Product {
    /// What is multiplied.
    pub kind: ProductKind,
    /// Pieces that the columns of the panel are cut into: a task for each of every node.
    pub n_pieces: usize,
    /// The panel and all that belongs to it, for [`NodeBlocks::multiply`].
    pub bytes: Vec<u8>,
}

/// Whoever has the nodes of both matrices multiplied.
pub trait Products: Sync {
    /// What [`NodeBlocks::multiply`] returns for every node of a matrix, in the order of the nodes,
    /// and for all pieces of a node in order.
    ///
    /// # Errors
    /// What stops the run.
    fn products(&self, part: MatrixPart, product: &Product) -> Result<Vec<Vec<u8>>>;
}

/// The columns of a piece of a panel.
fn columns_of_piece(width: usize, n_pieces: usize, piece: usize) -> Range<usize> {
    let n_lines = width.div_ceil(COLUMNS_PER_PIECE);
    let line = |piece: usize| (n_lines * piece / n_pieces * COLUMNS_PER_PIECE).min(width);
    line(piece)..line(piece + 1)
}

/// The blocks of a node, in files of the machine that multiplies.
pub struct NodeBlocks {
    matrix: BlockMatrix,
    /// The number of its first row.
    first_row: usize,
}

impl NodeBlocks {
    /// Opens the files of blocks with these headers. Of them, `resident_bytes` are kept in memory.
    ///
    /// # Errors
    /// A file that cannot be opened or is not that of its block.
    pub fn open(
        n_columns: usize,
        is_symmetric: bool,
        first_row: usize,
        resident_bytes: u64,
        blocks: &[(String, PathBuf)],
    ) -> Result<Self> {
        let headers =
            blocks.iter().map(|(json, _)| header(json)).collect::<Result<Vec<BlockHeader>>>()?;
        let files = headers.iter().zip(blocks.iter().map(|(_, path)| path.as_path()));
        let matrix = BlockMatrix::of_files(n_columns, is_symmetric, resident_bytes, files)?;
        Ok(Self { matrix, first_row })
    }

    /// Bytes of its blocks that are mapped as long as it lives.
    pub fn resident_bytes(&self) -> u64 {
        self.matrix.resident_bytes()
    }

    /// The product of the node with a piece of the panel of [`Product::bytes`].
    ///
    /// # Errors
    /// Bytes that are no product; a block that cannot be read.
    pub fn multiply(&self, product: &[u8], piece: usize) -> Result<Vec<u8>> {
        let mut parcel = ParcelReader::new(product)?;
        let number = parcel.number()?;
        let kind = *usize::try_from(number)
            .ok()
            .and_then(|number| KINDS.get(number))
            .ok_or_else(|| no_product(number))?;
        let (width, n_pieces) = (parcel.number()? as usize, parcel.number()? as usize);
        let rounded = parcel.number()? != 0;
        let panel: Vec<f32> = parcel.list()?;
        let columns = columns_of_piece(width, n_pieces, piece);
        let (n_rows, n_columns) = (self.matrix.n_rows(), self.matrix.n_columns());
        let panel = match kind {
            ProductKind::Transposed => {
                let rows = self.first_row * width..(self.first_row + n_rows) * width;
                columns_of(&panel[rows], width, columns.start, columns.len())
            }
            _ => columns_of(&panel, width, columns.start, columns.len()),
        };
        let width = columns.len();
        let mut x = Panel::zeros(if kind == ProductKind::Forward { 0 } else { n_columns * width });
        let (mut y, mut squares) = (Panel::default(), Vec::new());
        match kind {
            ProductKind::Forward => {
                y = Panel::zeros(n_rows * width);
                self.matrix.product(&panel, width, &mut y, rounded)?;
            }
            ProductKind::Transposed => {
                self.matrix.transposed_product(&panel, width, &mut x, rounded)?;
            }
            ProductKind::Gram => {
                self.matrix.gram_product(&panel, width, &mut x, rounded, &mut |_| {})?;
            }
            ProductKind::GramAndRows => {
                y = Panel::zeros(n_rows * width);
                let mut seen = 0;
                self.matrix.gram_product(&panel, width, &mut x, rounded, &mut |rows| {
                    y[seen..seen + rows.len()].copy_from_slice(rows);
                    seen += rows.len();
                })?;
            }
            ProductKind::GramAndSquares => {
                self.matrix.gram_product(&panel, width, &mut x, rounded, &mut |rows| {
                    let mut of_batch = vec![0.0; width * width];
                    add_squares(&mut of_batch, rows, width);
                    squares.append(&mut of_batch);
                })?;
            }
        }
        let part = Part { columns, x: x.to_vec(), y: y.to_vec(), squares };
        Ok(part.to_bytes())
    }

    /// The sum of what neighbouring nodes have returned for the same piece, in their order; of a
    /// product that asks for no rows.
    ///
    /// # Errors
    /// Bytes that are none of [`NodeBlocks::multiply`].
    pub fn add(parts: &[&[u8]]) -> Result<Vec<u8>> {
        let parts = parts.iter().map(|bytes| Part::of_bytes(bytes)).collect::<Result<Vec<_>>>()?;
        let columns = parts.first().map_or(0..0, |part| part.columns.clone());
        let mut x = Panel::zeros(parts.first().map_or(0, |part| part.x.len()));
        let mut sums = LeafSums::new(&mut x);
        parts.iter().enumerate().for_each(|(node, part)| add(sums.leaf(node), &part.x));
        sums.finish();
        let squares = parts.into_iter().flat_map(|part| part.squares).collect();
        Ok(Part { columns, x: x.to_vec(), y: Vec::new(), squares }.to_bytes())
    }
}

fn no_product(number: u64) -> Error {
    let expected = format!("a number below {}", KINDS.len());
    Error::Parameter { name: "kind of product", found: number.to_string(), expected }
}

/// What a node returns for a piece of a panel.
struct Part {
    columns: Range<usize>,
    x: Vec<f32>,
    y: Vec<f32>,
    /// For each batch of rows, one after the other.
    squares: Vec<f64>,
}

impl Part {
    fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.number(self.columns.start as u64);
        parcel.number(self.columns.end as u64);
        parcel.list(&self.x);
        parcel.list(&self.y);
        parcel.list(&self.squares);
        parcel.finish()
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        let columns = parcel.number()? as usize..parcel.number()? as usize;
        Ok(Self { columns, x: parcel.list()?, y: parcel.list()?, squares: parcel.list()? })
    }
}

/// A run of blocks of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) blocks: Range<usize>,
    pub(super) first_row: usize,
}

/// The matrix as the driver sees it.
pub(super) struct DistributedMatrix<'a> {
    part: MatrixPart,
    n_rows: usize,
    n_columns: usize,
    is_symmetric: bool,
    squared_norm: f64,
    headers: &'a [BlockHeader],
    nodes: Vec<Node>,
    n_slots: usize,
    products: &'a dyn Products,
}

/// The nodes of a matrix whose blocks have so many rows: at most two for each of so many tasks side
/// by side.
pub(super) fn nodes_of(block_rows: &[usize], n_slots: usize) -> Vec<Node> {
    let n_leaves = block_rows.len().div_ceil(BLOCKS_PER_LEAF);
    let mut n_leaves_each = 1;
    while n_leaves.div_ceil(n_leaves_each) > 2 * n_slots.max(1) {
        n_leaves_each *= 2;
    }
    let mut first_row = 0;
    let of_node = |first| {
        let last = block_rows.len().min(first + n_leaves_each * BLOCKS_PER_LEAF);
        let node = Node { blocks: first..last, first_row };
        first_row += block_rows[first..last].iter().sum::<usize>();
        node
    };
    (0..block_rows.len()).step_by(n_leaves_each * BLOCKS_PER_LEAF).map(of_node).collect()
}

/// How many pieces the columns of a panel are cut into.
fn n_pieces(n_nodes: usize, n_slots: usize, width: usize) -> usize {
    let most = width.div_ceil(COLUMNS_PER_PIECE).max(1);
    n_slots.div_ceil(n_nodes.max(1)).clamp(1, most)
}

impl<'a> DistributedMatrix<'a> {
    pub(super) fn new(
        part: MatrixPart,
        n_columns: usize,
        is_symmetric: bool,
        headers: &'a [BlockHeader],
        n_slots: usize,
        products: &'a dyn Products,
    ) -> Self {
        let rows: Vec<usize> = headers.iter().map(BlockHeader::n_rows).collect();
        Self {
            part,
            n_rows: rows.iter().sum(),
            n_columns,
            is_symmetric,
            squared_norm: headers.iter().fold(0.0, |sum, header| sum + header.squared_norm),
            headers,
            nodes: nodes_of(&rows, n_slots),
            n_slots,
            products,
        }
    }

    /// Asks all nodes, and hands on what they return, node after node, and how many pieces there
    /// are of each.
    fn ask(
        &self,
        kind: ProductKind,
        panel: &[f32],
        width: usize,
        precision: Precision,
    ) -> Result<(Vec<Part>, usize)> {
        // The squares need all columns at once.
        let n_pieces = match kind {
            ProductKind::GramAndSquares => 1,
            _ => n_pieces(self.nodes.len(), self.n_slots, width),
        };
        let mut parcel = ParcelWriter::new();
        let number = KINDS.iter().position(|&it| it == kind).unwrap_or_default();
        parcel.number(number as u64);
        parcel.number(width as u64);
        parcel.number(n_pieces as u64);
        parcel.number(u64::from(is_rounded(width, precision)));
        parcel.list(panel);
        let product = Product { kind, n_pieces, bytes: parcel.finish() };
        let parts = self.products.products(self.part, &product)?;
        Ok((parts.iter().map(|bytes| Part::of_bytes(bytes)).collect::<Result<_>>()?, n_pieces))
    }

    /// Asks all nodes for products of a panel, some columns at a time, and puts what they return
    /// into `x` and `y`, of which one may be empty.
    fn multiply(
        &self,
        kind: ProductKind,
        panel: &[f32],
        width: usize,
        precision: Precision,
        x: &mut [f32],
        y: &mut [f32],
    ) -> Result<()> {
        for first in (0..width).step_by(COLUMNS_AT_A_TIME) {
            let some = COLUMNS_AT_A_TIME.min(width - first);
            let (parts, n_pieces) =
                self.ask(kind, &columns_of(panel, width, first, some), some, precision)?;
            if !x.is_empty() {
                self.add_up(&parts, n_pieces, some, (x, width, first));
            }
            if !y.is_empty() {
                self.put_rows(&parts, n_pieces, (y, width, first));
            }
        }
        Ok(())
    }

    /// Adds up what nodes return for each piece, into columns of `x` from a first one on.
    fn add_up(
        &self,
        parts: &[Part],
        n_pieces: usize,
        n_columns: usize,
        (x, width, first): (&mut [f32], usize, usize),
    ) {
        for piece in 0..n_pieces {
            let of_piece: Vec<&Part> = parts.iter().skip(piece).step_by(n_pieces).collect();
            let columns = columns_of_piece(n_columns, n_pieces, piece);
            let mut sum = Panel::zeros(self.n_columns * columns.len());
            let mut sums = LeafSums::new(&mut sum);
            of_piece.iter().enumerate().for_each(|(node, part)| add(sums.leaf(node), &part.x));
            sums.finish();
            set_columns(x, width, first + columns.start, &sum, columns.len());
        }
    }

    /// Puts the rows that nodes return into their places.
    fn put_rows(
        &self,
        parts: &[Part],
        n_pieces: usize,
        (y, width, first): (&mut [f32], usize, usize),
    ) {
        for (node, of_node) in self.nodes.iter().zip(parts.chunks(n_pieces)) {
            for part in of_node {
                let n_columns = part.columns.len();
                let n_rows = part.y.len() / n_columns.max(1);
                let rows = node.first_row * width..(node.first_row + n_rows) * width;
                set_columns(&mut y[rows], width, first + part.columns.start, &part.y, n_columns);
            }
        }
    }
}

impl LinearOperator for DistributedMatrix<'_> {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn is_symmetric(&self) -> bool {
        self.is_symmetric
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], precision: Precision) -> Result<()> {
        self.multiply(ProductKind::Forward, q, width, precision, &mut [], y)
    }

    fn apply_transpose(
        &self,
        y: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<()> {
        if self.is_symmetric {
            return self.apply(y, width, x, precision);
        }
        self.multiply(ProductKind::Transposed, y, width, precision, x, &mut [])
    }

    fn apply_gram(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
        visit: &mut dyn FnMut(&[f32]),
    ) -> Result<()> {
        let mut y = Panel::zeros(self.n_rows * width);
        if self.is_symmetric {
            self.apply(q, width, &mut y, precision)?;
            visit(&y);
            return self.apply(&y, width, x, precision);
        }
        self.multiply(ProductKind::GramAndRows, q, width, precision, x, &mut y)?;
        // As a matrix shows them that has all blocks.
        let mut start = 0;
        for n_rows in self.headers.iter().flat_map(|header| header.batch_rows(width)) {
            visit(&y[start * width..(start + n_rows) * width]);
            start += n_rows;
        }
        Ok(())
    }

    fn apply_gram_alone(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<()> {
        if self.is_symmetric {
            return self.apply_gram(q, width, x, precision, &mut |_| {});
        }
        self.multiply(ProductKind::Gram, q, width, precision, x, &mut [])
    }

    fn apply_gram_squares(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<Vec<f64>> {
        if self.is_symmetric {
            let mut squares = vec![0.0; width * width];
            let mut visit = |rows: &[f32]| add_squares(&mut squares, rows, width);
            self.apply_gram(q, width, x, precision, &mut visit)?;
            return Ok(squares);
        }
        let (parts, n_pieces) = self.ask(ProductKind::GramAndSquares, q, width, precision)?;
        self.add_up(&parts, n_pieces, width, (x, width, 0));
        let mut squares = vec![0.0; width * width];
        for batch in parts.iter().flat_map(|part| part.squares.chunks_exact(width * width)) {
            squares.iter_mut().zip(batch).for_each(|(sum, more)| *sum += more);
        }
        Ok(squares)
    }

    fn squared_norm(&self) -> f64 {
        self.squared_norm
    }
}

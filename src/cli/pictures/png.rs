//! A picture as PNG: the SVG, drawn by resvg.

use anyhow::{Result, anyhow};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::scene::Scene;
use crate::cli::refusal::Refusal;

/// Millimetres in an inch, and metres in one.
const METRES: f32 = 0.0254;

/// More pixels on a side than any printer wants; they would take gigabytes.
const MOST: f32 = 20_000.0;

/// Pixels on a side of so many points.
pub(crate) fn pixels(points: f32, dpi: u32) -> f32 {
    (points / 72.0 * dpi as f32).round().max(1.0)
}

/// The picture, of which `svg` is the SVG with outlines, in so many dots an inch; only greys need a
/// third of the size.
pub(crate) fn png(scene: &Scene, svg: &str, dpi: u32, is_grey: bool) -> Result<Vec<u8>> {
    let (width, height) = (pixels(scene.width, dpi), pixels(scene.height, dpi));
    if width.max(height) > MOST {
        let found = format!("{dpi} dots an inch make a picture of {width} x {height} pixels");
        return Err(Refusal::new(found, "lower `--dpi` or `--width`").into());
    }
    // It is our own SVG.
    let tree = Tree::from_str(svg, &Options::default())?;
    let mut pixmap = Pixmap::new(width as u32, height as u32)
        .ok_or_else(|| anyhow!("a picture of {width} x {height} pixels has no memory"))?;
    pixmap.fill(Color::WHITE);
    let size = tree.size();
    let scale = Transform::from_scale(width / size.width(), height / size.height());
    resvg::render(&tree, scale, &mut pixmap.as_mut());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(if is_grey { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let per_metre = (dpi as f32 / METRES).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    // Every pixel is opaque.
    let channels = if is_grey { 1 } else { 3 };
    let data: Vec<u8> =
        pixmap.data().chunks_exact(4).flat_map(|pixel| pixel[..channels].to_vec()).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&data)?;
    writer.finish()?;
    Ok(bytes)
}

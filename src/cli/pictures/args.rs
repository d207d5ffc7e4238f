//! The options of every picture, and the file that it is written to.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;
use eigenlex::Progress as _;
use eigenlex::storage::AtomicFile;

use super::figure::Style;
use super::fonts::Fonts;
use super::scene::{MM, Scene};
use super::svg::{SvgText, svg};
use crate::cli::output::bars::Bars;
use crate::cli::refusal::{Refusal, first_few, no_effect};

/// How a picture is drawn and where it is written.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Picture")]
pub(crate) struct PictureArgs {
    /// File to write: .svg, .png or .pdf
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    /// Width: `column` (85 mm), `page` (175 mm), or millimetres from 40 to 1000
    #[arg(long, default_value = "page", value_name = "column|page|MM")]
    width: Width,
    /// Height in millimetres [default: that of the data]
    #[arg(long, value_name = "MM", value_parser = clap::value_parser!(u16).range(30..=1000))]
    height: Option<u16>,
    /// Size of the text in points, from 4 to 40
    #[arg(long, default_value_t = FontSize(8.0), value_name = "PT")]
    font_size: FontSize,
    /// Font to use first, .ttf, .otf or .ttc; give a bold one too if there is one
    ///
    /// By default text is set in DejaVu Sans Condensed, which the program holds, so that a picture
    /// is the same everywhere. Characters that it lacks, such as Chinese ones, are taken from the
    /// fonts of the system.
    #[arg(long, value_name = "FILE")]
    font: Vec<PathBuf>,
    /// Title above the picture [default: none; a caption says more]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Draw in greys
    ///
    /// Colours can stay for most journals: groups differ by shape too, and lines by dashes.
    #[arg(long, visible_alias = "grey")]
    gray: bool,
    /// PNG: dots per inch [default: 300]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(30..=2400))]
    dpi: Option<u32>,
    /// SVG: how text is written [default: paths]
    #[arg(long, value_enum, value_name = "HOW")]
    svg_text: Option<SvgText>,
}

/// A width in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Width(f32);

impl FromStr for Width {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "column" => Ok(Self(85.0)),
            "page" => Ok(Self(175.0)),
            _ => match text.parse::<f32>() {
                Ok(mm) if (40.0..=1000.0).contains(&mm) => Ok(Self(mm)),
                _ => Err("expected `column`, `page`, or millimetres from 40 to 1000".to_owned()),
            },
        }
    }
}

/// A size in points.
#[derive(Debug, Clone, Copy, PartialEq)]
struct FontSize(f32);

impl FromStr for FontSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f32>() {
            Ok(size) if (4.0..=40.0).contains(&size) => Ok(Self(size)),
            _ => Err("expected points from 4 to 40".to_owned()),
        }
    }
}

impl std::fmt::Display for FontSize {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
    Pdf,
}

/// Dots per inch that journals ask of pictures with lines and points.
const DPI: u32 = 300;

/// The file of a picture, open before the work begins.
pub(crate) struct Canvas {
    file: AtomicFile,
    format: Format,
    args: PictureArgs,
    pub(crate) style: Style,
    pub(crate) fonts: Fonts,
}

impl PictureArgs {
    /// Checks the options and opens the file and the fonts.
    pub(crate) fn open(&self, seed: u64) -> Result<Canvas> {
        let format = self.format()?;
        if self.dpi.is_some() && format != Format::Png {
            let reason = "SVG and PDF have no dots";
            return no_effect("--dpi", reason, "end the name of the output in .png");
        }
        if self.svg_text.is_some() && format != Format::Svg {
            let reason = "it says how SVG holds text";
            return no_effect("--svg-text", reason, "end the name of the output in .svg");
        }
        let fonts = Fonts::open(&self.font)?;
        let file = AtomicFile::create(&self.output, self.force)?;
        let style = Style {
            width: self.width.0 * MM,
            height: self.height.map(|mm| f32::from(mm) * MM),
            size: self.font_size.0,
            title: self.title.clone(),
            seed,
        };
        Ok(Canvas { file, format, args: self.clone(), style, fonts })
    }

    fn format(&self) -> Result<Format> {
        let name = self.output.display();
        let extension = self.output.extension().and_then(|it| it.to_str()).unwrap_or_default();
        let format = match extension.to_ascii_lowercase().as_str() {
            "svg" => Format::Svg,
            "png" => Format::Png,
            "pdf" => Format::Pdf,
            other => {
                let hint = match other {
                    "html" | "htm" => "`eigenlex explore` writes pages",
                    _ => "end it in .svg, .png or .pdf",
                };
                let found = format!("the name `{name}` is not that of a picture to write");
                return Err(Refusal::new(found, hint).into());
            }
        };
        if format != Format::Svg && !cfg!(feature = "pictures") {
            return Err(Refusal::new(
                format!(
                    "this program was built without the feature `pictures`, which writes \
                     .{extension}"
                ),
                "build it with `cargo install eigenlex --features pictures`, or write .svg",
            )
            .into());
        }
        Ok(format)
    }
}

impl Canvas {
    /// Writes the picture, and says what it lacks: names without room, fonts of the system.
    pub(crate) fn write(mut self, scene: Scene, left_out: &[String], bars: &Bars) -> Result<()> {
        let scene = if self.args.gray { scene.in_grey() } else { scene };
        let bytes = self.bytes(&scene)?;
        self.file.put(&bytes)?;
        self.file.commit()?;
        if !left_out.is_empty() {
            let (n, names) = (left_out.len(), first_few(left_out));
            let s = if n == 1 { "" } else { "s" };
            bars.tell(&format!(
                "no room for {n} name{s}: {names}\nhint: draw fewer, or a larger `--width`"
            ));
        }
        self.fonts.notices().iter().for_each(|notice| bars.tell(notice));
        Ok(())
    }

    #[cfg(feature = "pictures")]
    fn bytes(&self, scene: &Scene) -> Result<Vec<u8>> {
        Ok(match self.format {
            Format::Svg => self.svg(scene).into_bytes(),
            Format::Png => {
                let svg = svg(scene, &self.fonts, SvgText::Paths);
                super::png::png(scene, &svg, self.args.dpi.unwrap_or(DPI), self.args.gray)?
            }
            Format::Pdf => super::pdf::pdf(scene, &self.fonts),
        })
    }

    /// Other formats are refused before.
    #[cfg(not(feature = "pictures"))]
    fn bytes(&self, scene: &Scene) -> Result<Vec<u8>> {
        debug_assert_eq!((self.format, DPI), (Format::Svg, 300));
        Ok(self.svg(scene).into_bytes())
    }

    fn svg(&self, scene: &Scene) -> String {
        svg(scene, &self.fonts, self.args.svg_text.unwrap_or(SvgText::Paths))
    }
}

/// A picture of the width of a page as SVG, for commands that draw beside their work.
pub(crate) fn standard_svg(draw: impl FnOnce(&Style, &mut Fonts) -> Scene) -> Result<String> {
    let mut fonts = Fonts::open(&[])?;
    let style = Style { width: 175.0 * MM, height: None, size: 8.0, title: None, seed: 0 };
    let scene = draw(&style, &mut fonts);
    Ok(svg(&scene, &fonts, SvgText::Paths))
}

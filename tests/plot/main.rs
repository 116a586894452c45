//! Figures: well-formed, safe, and never a panic. With `HANDLENS_FIGURES` set to a folder,
//! `every_figure_is_sound` writes each figure there to be looked at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod color;
mod figures;
mod gallery;

use handlens::models::Prediction;
use handlens::plot::{Plane, Points, Style, Theme, plane};
use ndarray::Array1;

use figures::*;
use gallery::gallery;

/// Checks that tags are closed in order, names are known, and attributes hold no bare markup.
#[track_caller]
fn well_formed(svg: &str) {
    const KNOWN: [&str; 12] = [
        "filter",
        "feMerge",
        "feMergeNode",
        "feGaussianBlur",
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "rect",
        "circle",
        "text",
    ];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        check_text(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a closed tag");
        let tag = &rest[start + 1..end];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        assert!(KNOWN.contains(&name), "unknown element {name}");
        assert_eq!(tag.matches('"').count() % 2, 0, "a stray quote in {tag}");
        assert!(!tag.contains("style=") && !tag.contains(" on"), "{tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.is_empty(), "left open: {open:?}");
    let control = |c: char| c.is_control();
    assert!(!svg.contains(control), "a control character");
    for word in ["NaN", "inf\"", "inf ", "\"-0"] {
        assert!(!svg.contains(word), "{word} in a figure");
    }
}

#[track_caller]
fn check_text(text: &str) {
    for part in text.split('&').skip(1) {
        let entity = part.split(';').next().unwrap_or_default();
        assert!(
            ["amp", "lt", "gt", "quot", "#39"].contains(&entity),
            "&{entity}"
        );
    }
}

#[test]
fn every_figure_is_sound() {
    let folder = std::env::var("HANDLENS_FIGURES").ok();
    for (name, figure, (width, height)) in gallery() {
        for (theme, suffix) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let style = Style {
                theme,
                width,
                height,
                ..Style::default()
            };
            let svg = figure.svg(&style).unwrap();
            well_formed(&svg);
            well_formed(
                &figure
                    .svg(&Style {
                        is_titled: true,
                        ..style.clone()
                    })
                    .unwrap(),
            );
            well_formed(
                &figure
                    .svg(&Style {
                        width: 60.0,
                        height: 40.0,
                        ..style
                    })
                    .unwrap(),
            );
            if let Some(folder) = &folder {
                std::fs::write(format!("{folder}/{name}_{suffix}.svg"), svg).unwrap();
            }
        }
    }
}

#[test]
fn every_figure_reads_as_words_and_table() {
    for (name, figure, _) in gallery() {
        let words = figure.describe();
        assert!(
            words.len() > figure.title.len() + 5 && !words.contains("NaN"),
            "{name}: {words}"
        );
        let (headers, rows) = figure.table();
        assert!(rows.iter().all(|row| row.len() == headers.len()), "{name}");
        assert_eq!(rows.is_empty(), figure.empty.is_some(), "{name}");
    }
}

#[test]
fn the_pointer_is_answered_everywhere_without_panic() {
    for (name, figure, (width, height)) in gallery() {
        let style = Style {
            width,
            height,
            ..Style::default()
        };
        let mut n_answers = 0;
        for i in 0..=20 {
            for j in 0..=20 {
                let (x, y) = (width * f64::from(i) / 20.0, height * f64::from(j) / 20.0);
                n_answers += usize::from(figure.probe(x, y, &style).is_some());
            }
        }
        assert!(figure.probe(-5.0, f64::NAN, &style).is_none(), "{name}");
        let is_quiet =
            figure.empty.is_some() || name.starts_with("net") || name.starts_with("scatter");
        assert!(n_answers > 10 || is_quiet, "{name}: {n_answers} answers");
    }
}

#[test]
fn a_point_is_found_under_the_pointer() {
    let figure = decision(&PENGUINS);
    let style = Style {
        width: 490.0,
        height: 535.0,
        ..Style::default()
    };
    let anywhere = figure.probe(250.0, 60.0, &style).unwrap();
    assert_eq!(anywhere.row, None);
    assert!(
        anywhere.lines[0].ends_with("% sure"),
        "{:?}",
        anywhere.lines
    );
    let found = (0..490)
        .flat_map(|x| (0..107).map(move |y| (f64::from(x), f64::from(5 * y))))
        .find_map(|(x, y)| figure.probe(x, y, &style).filter(|p| p.row.is_some()))
        .unwrap();
    let points = figure.points().unwrap();
    assert_eq!(points.x[found.row.unwrap()], found.data_x);
    assert!(found.lines.iter().any(|line| line.starts_with("row ")));
}

#[test]
fn hostile_labels_are_escaped() {
    let svg = hostile()
        .svg(&Style {
            is_titled: true,
            font: "\"><script>".into(),
            ..Style::default()
        })
        .unwrap();
    assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"));
}

#[test]
fn a_surface_answers_the_same_place_as_its_pixels() {
    let view = Plane::around_places(&[0.0, 10.0], &[0.0, 10.0], 50);
    let surface = view
        .surface(|places| Ok(Prediction::Values(places.column(1).to_owned())))
        .unwrap();
    let figure = plane(
        ("t", ""),
        ("a", "b"),
        &view,
        Points::default(),
        &[],
        Some(surface),
        vec![],
    );
    let probe = figure.probe(100.0, 30.0, &Style::default()).unwrap();
    let said: f64 = probe.lines[0].replace('\u{2212}', "-").parse().unwrap();
    assert!(
        (said - probe.data_y).abs() < 0.2,
        "{said} is not {}",
        probe.data_y
    );
}

#[test]
fn a_surface_of_the_wrong_size_is_refused() {
    let view = Plane::around_places(&[0.0], &[0.0], 10);
    assert!(
        view.surface(|_| Ok(Prediction::Values(Array1::zeros(3))))
            .is_err()
    );
}

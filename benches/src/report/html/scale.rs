//! From numbers to places on paper, and to words.

/// A scale that begins at zero, with its ticks at round numbers.
pub struct Linear {
    end: f64,
    length: f64,
    step: f64,
}

impl Linear {
    /// A scale on which all values find their place.
    pub fn to(values: impl IntoIterator<Item = f64>, length: f64) -> Linear {
        let largest = values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max);
        let largest = if largest > 0.0 { largest } else { 1.0 };
        let power = 10_f64.powf((largest / 4.0).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| largest / step <= 5.0);
        Linear { end: largest, length, step: step.unwrap_or(largest) }
    }

    /// How far from zero a value is; nothing is less than zero or off the paper.
    pub fn place(&self, value: f64) -> f64 {
        (value / self.end).clamp(0.0, 1.0) * self.length
    }

    /// Round numbers from zero on.
    pub fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let (step, end) = (self.step, self.end);
        std::iter::successors(Some(0.0), move |tick| Some(tick + step)).take_while(move |tick| *tick <= end * 1.0001)
    }
}

/// A scale on which a distance is a ratio, from one power of ten to another.
pub struct Logarithmic {
    first: f64,
    powers: f64,
    length: f64,
}

impl Logarithmic {
    /// A scale on which all values find their place; what is not above zero stands at its beginning.
    pub fn over(values: &[f64], length: f64) -> Logarithmic {
        let logarithms = values.iter().filter(|value| value.is_finite() && **value > 0.0).map(|value| value.log10());
        let (least, most) = logarithms.fold((f64::MAX, f64::MIN), |(least, most), one| (least.min(one), most.max(one)));
        let (first, last) = if least <= most { (least.floor(), most.ceil()) } else { (0.0, 1.0) };
        Logarithmic { first, powers: (last - first).max(1.0), length }
    }

    /// How far from the beginning a value is.
    pub fn place(&self, value: f64) -> f64 {
        if value > 0.0 { ((value.log10() - self.first) / self.powers).clamp(0.0, 1.0) * self.length } else { 0.0 }
    }

    /// Powers of ten.
    pub fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let (first, powers) = (self.first, self.powers);
        let steps = std::iter::successors(Some(0.0), |step| Some(step + 1.0)).take_while(move |step| *step <= powers);
        steps.map(move |step| 10_f64.powf(first + step))
    }
}

/// A number as a person reads it: thousands apart, and no more decimals than say something.
pub fn grouped(value: f64) -> String {
    let decimals = match value.abs() {
        large if large >= 100.0 => 0,
        middle if middle >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    if digits == "0" && fraction.is_empty() {
        "0".to_owned()
    } else {
        format!("{sign}{}{point}{fraction}", apart(digits))
    }
}

fn apart(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A large number in few letters: `350k`, `1.2M`.
pub fn short(value: f64) -> String {
    match value {
        millions if millions >= 1e6 => format!("{}M", grouped(millions / 1e6)),
        thousands if thousands >= 1e3 => format!("{}k", grouped(thousands / 1e3)),
        few => grouped(few),
    }
}

/// Milliseconds as a person says them.
pub fn duration(ms: f64) -> String {
    match ms {
        seconds if seconds >= 1_000.0 => format!("{} s", grouped(seconds / 1_000.0)),
        micros if micros < 1.0 => format!("{} µs", grouped((micros * 1_000.0).round())),
        ms => format!("{} ms", grouped((ms * 10.0).round() / 10.0)),
    }
}

/// A part of one, in percent.
pub fn percent(part: f64) -> String {
    let percent = part * 100.0;
    let figures = if percent < 10.0 { (percent * 10.0).round() / 10.0 } else { percent.round() };
    format!("{} %", grouped(figures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        for largest in [0.007, 1.0, 3.0, 9.99, 40.0, 312_406.0, 5e7] {
            let scale = Linear::to([largest, 0.0, f64::NAN], 700.0);
            let ticks: Vec<f64> = scale.ticks().collect();
            assert!((3..=6).contains(&ticks.len()), "{largest}: {ticks:?}");
            assert!((scale.place(largest) - 700.0).abs() < 1e-9);
            assert!(scale.place(-1.0).abs() < 1e-9);
        }
        assert_eq!(Linear::to([0.0], 10.0).ticks().count(), 6);
    }

    #[test]
    fn a_distance_is_a_ratio() {
        let scale = Logarithmic::over(&[0.3, 45.0, 0.0, f64::INFINITY], 300.0);
        let ticks: Vec<String> = scale.ticks().map(duration).collect();
        assert_eq!(ticks, ["100 µs", "1 ms", "10 ms", "100 ms"]);
        assert!((scale.place(10.0) - scale.place(1.0) - 100.0).abs() < 1e-6);
        assert!(scale.place(0.0).abs() < 1e-9);
        assert_eq!(Logarithmic::over(&[], 1.0).ticks().count(), 2);
        assert_eq!(Logarithmic::over(&[10.0], 1.0).ticks().count(), 2);
    }

    #[test]
    fn numbers_read_well() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.0714, "0.071"),
            (1.5, "1.5"),
            (99.999, "100"),
            (999.6, "1,000"),
            (1_234_567.4, "1,234,567"),
            (-1_234.0, "-1,234"),
        ] {
            assert_eq!(grouped(value), text);
        }
        assert_eq!([312_400.0, 2.5e6, 812.0].map(short), ["312k", "2.5M", "812"]);
        assert_eq!([0.25, 4.04, 1_500.0].map(duration), ["250 µs", "4 ms", "1.5 s"]);
        assert_eq!([0.714, 0.0022, 1.0].map(percent), ["71 %", "0.2 %", "100 %"]);
    }
}

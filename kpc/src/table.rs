//! Tables of text: columns as wide as what is in them, and the last one as wide as the terminal lets it be.

/// Rows of cells below a head.
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(head: &[&'static str]) -> Self {
        Table {
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines of the table, the head first. None is longer than `width`, if there is one; what is cut ends in `…`.
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let columns = self.head.len();
        let head: Vec<String> = self.head.iter().map(|cell| (*cell).to_owned()).collect();
        let all: Vec<&Vec<String>> = std::iter::once(&head).chain(&self.rows).collect();
        let widest = |column: usize| {
            let cells = all.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        all.iter().map(|row| line(row, &widths, width)).collect()
    }
}

fn line(row: &[String], widths: &[usize], width: Option<usize>) -> String {
    let mut line = String::new();
    for (cell, wide) in row.iter().zip(widths) {
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(&format!("{cell:<wide$}"));
    }
    let line = line.trim_end();
    match width {
        Some(width) => cut(line, width),
        None => line.to_owned(),
    }
}

/// At most so many characters of a text.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_are_cut() {
        let mut table = Table::new(&["NAME", "WHAT"]);
        table.row(vec!["a".into(), "short".into()]);
        table.row(vec!["längest".into(), "as long as it is".into()]);
        let lines = table.lines(Some(20));
        assert_eq!(
            lines,
            ["NAME     WHAT", "a        short", "längest  as long as…"]
        );
        assert!(table.lines(None)[2].ends_with("as it is"));
    }
}

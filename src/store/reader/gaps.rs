//! Boxes that the network has lost: when a reader looks for that, and what it keeps of them.
//!
//! Writers do not begin a box before they know that the one [`AHEAD`] boxes before it is stored. So a
//! reader that awaits a box in vain looks now and then whether there is one so far ahead. If there is, the
//! awaited one will not come.

use crate::bacap::BoxIndex;
use crate::store::fields::{Fields, Parts};
use crate::store::framing::{Content, Flaw, AHEAD};
use crate::Result;

/// A reader that was away, or has just been opened, looks so many times
const SOON: u32 = 2 * DOUBLINGS;
/// after so many polls in vain each,
const POLLS_SOON: u32 = 3;
/// and from then on after so many.
const POLLS: u32 = 30;
/// Every other look goes [`AHEAD`] boxes ahead; those between go twice as far, four times, and so on so many
/// times: all boxes there may be lost, too, and those behind them may be few.
const DOUBLINGS: u32 = 9;
/// No look goes farther.
pub(crate) const FARTHEST: u32 = AHEAD << (DOUBLINGS + 1);

/// When, and how far ahead, a reader looks for a box.
pub(crate) struct Probing {
    soon: u32,
    /// For the box that is awaited.
    probes: u32,
}

impl Probing {
    /// The reader may have been away for long.
    pub(crate) fn after_absence() -> Self {
        Probing {
            soon: SOON,
            probes: 0,
        }
    }

    /// Another box is awaited.
    pub(crate) fn begin_anew(&mut self) {
        self.probes = 0;
    }

    /// So many polls in vain come before the next probe.
    pub(crate) fn polls(&self) -> u32 {
        if self.soon > 0 {
            POLLS_SOON
        } else {
            POLLS
        }
    }

    /// How many boxes ahead the next probe looks. When all doubled distances had their turn, others between
    /// them follow, so that boxes behind a long row of lost ones are found in the end.
    pub(crate) fn next_distance(&mut self) -> u32 {
        let far = self.probes / 2;
        let is_near = self.probes % 2 == 0;
        self.soon = self.soon.saturating_sub(1);
        self.probes = self.probes.wrapping_add(1);
        if is_near {
            return AHEAD;
        }
        let least = AHEAD << (1 + far % DOUBLINGS);
        // A half, a quarter, three quarters, an eighth ... of the way to the double.
        let part = u32::from((far / DOUBLINGS % 256) as u8).reverse_bits() >> 24;
        least + least * part / 256
    }
}

/// What is known of boxes that are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The counter of a box that exists, somewhere ahead.
    exists: Option<u64>,
    /// Boxes that were passed over and are not reported yet.
    boxes: u32,
    /// The box before these was of a message that was reported as lost.
    in_lost: bool,
}

impl Gap {
    /// There is a box at this index.
    pub(crate) fn saw(&mut self, index: &BoxIndex) {
        self.exists = Some(index.counter());
    }

    /// Whether a box that is not found will not come any more.
    pub(crate) fn proves_lost(&self, index: &BoxIndex) -> bool {
        self.ahead_of(index)
            .is_some_and(|ahead| ahead >= u64::from(AHEAD))
    }

    /// How far the box that exists is ahead of one; nothing where it is not.
    fn ahead_of(&self, index: &BoxIndex) -> Option<u64> {
        let ahead = self.exists?.wrapping_sub(index.counter());
        (ahead < 1 << 63).then_some(ahead)
    }

    /// Boxes are missing that nobody was told of.
    pub(crate) fn is_unreported(&self) -> bool {
        self.boxes > 0
    }

    /// A box is passed over. `in_lost`: what came before was of a message that was reported.
    pub(crate) fn pass(&mut self, in_lost: bool) {
        if self.boxes == 0 {
            self.in_lost = in_lost;
        }
        self.boxes = self.boxes.saturating_add(1);
    }

    /// A box was found. Returns how many boxes are to be reported before it: none while it is of the message
    /// that lost them, as that may have lost more.
    pub(crate) fn end_before(&mut self, content: &Content) -> Option<u32> {
        let of_reported = std::mem::take(&mut self.in_lost);
        match content {
            Content::Rest if of_reported => self.boxes = 0,
            Content::Rest | Content::Broken(Flaw::NoBeginning) => {}
            _ => return self.report(),
        }
        None
    }

    /// The number of boxes that are missing, to be reported now.
    pub(crate) fn report(&mut self) -> Option<u32> {
        self.in_lost = false;
        let boxes = std::mem::take(&mut self.boxes);
        (boxes > 0).then_some(boxes)
    }

    /// The box at an index is awaited: forgets what is of no use there.
    pub(crate) fn move_to(&mut self, index: &BoxIndex) {
        self.exists = self.ahead_of(index).and(self.exists);
    }

    /// Nothing is missing, nor known to be ahead.
    pub(crate) fn is_none(&self) -> bool {
        *self == Gap::default()
    }

    pub(crate) fn encode(self) -> Result<crate::secret::WipingVec> {
        let flags = u8::from(self.exists.is_some()) | u8::from(self.in_lost) << 1;
        let fields = Fields::with_room(16)?
            .byte(flags)
            .short(self.boxes)
            .long(self.exists.unwrap_or(0));
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let (flags, boxes, exists) = (parts.byte()?, parts.short()?, parts.long()?);
        Ok(Gap {
            exists: (flags & 1 != 0).then_some(exists),
            boxes,
            in_lost: flags & 2 != 0,
        })
    }
}

/// What people are told of boxes that are missing.
pub(crate) fn sentence(boxes: u32) -> String {
    match boxes {
        1 => "A box is missing: it was lost, or it expired before it was read.".to_owned(),
        _ => format!(
            "{boxes} boxes are missing: they were lost, or they expired before they were read."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;
    use crate::Status;

    fn first() -> BoxIndex {
        keypair(&[1; 32]).first_index
    }

    #[test]
    fn a_box_is_lost_where_one_a_window_ahead_exists_and_not_before() {
        let (awaited, mut gap) = (first(), Gap::default());
        assert!(!gap.proves_lost(&awaited));
        gap.saw(&awaited.ahead(31));
        assert!(!gap.proves_lost(&awaited));
        gap.saw(&awaited.ahead(32));
        assert!(gap.proves_lost(&awaited) && !gap.proves_lost(&awaited.next()));
        assert!(!gap.proves_lost(&awaited.ahead(33)), "it is behind");
        gap.move_to(&awaited.ahead(32));
        assert!(!gap.is_none());
        gap.move_to(&awaited.ahead(33));
        assert!(gap.is_none());
    }

    #[test]
    fn what_is_missing_is_reported_once_before_what_is_of_no_lost_message() {
        let message = || Content::Message {
            kind: 1,
            message: crate::secret::WipingVec::new(Vec::new()),
        };
        let mut gap = Gap::default();
        assert_eq!(gap.end_before(&message()), None);
        gap.pass(false);
        assert!(gap.is_unreported());
        assert_eq!(gap.end_before(&Content::Rest), None);
        gap.pass(true);
        assert_eq!(gap.end_before(&Content::Broken(Flaw::NoBeginning)), None);
        assert_eq!(gap.end_before(&Content::Rest), None);
        assert_eq!(gap.end_before(&message()), Some(2));
        assert!(gap.is_none());
        // More of a message that was reported is missing, and then something else.
        gap.pass(true);
        gap.pass(true);
        assert_eq!(gap.end_before(&Content::Rest), None);
        assert_eq!(gap.end_before(&message()), None);
        gap.pass(true);
        assert_eq!(gap.end_before(&Content::Broken(Flaw::Checksum)), Some(1));
    }

    #[test]
    fn probes_are_seldom_and_reach_farther_and_farther() {
        let mut probing = Probing::after_absence();
        let mut far = Vec::new();
        for _ in 0..DOUBLINGS {
            assert_eq!(probing.polls(), POLLS_SOON);
            assert_eq!(probing.next_distance(), 32);
            far.push(probing.next_distance());
        }
        let doubled: Vec<u32> = (1..=9).map(|times| 32 << times).collect();
        assert_eq!(far, doubled);
        assert_eq!(probing.polls(), POLLS);
        let more: Vec<u32> = (0..60).map(|_| probing.next_distance()).collect();
        assert_eq!((more[1], more[17]), (96, (32 << 9) + (16 << 9)));
        assert_eq!((more[19], more[37]), (80, 112));
        probing.begin_anew();
        assert_eq!((probing.polls(), probing.next_distance()), (POLLS, 32));
        // A row of boxes behind ten times as many lost ones is found.
        let mut probing = Probing::after_absence();
        let found = (0..1000).find(|_| (5000..5500).contains(&probing.next_distance()));
        assert!(found.is_some());
        // However long it takes, no probe is too near or too far.
        probing.probes = u32::MAX - 20_000;
        for _ in 0..40_000 {
            let distance = probing.next_distance();
            assert!((32..FARTHEST).contains(&distance));
        }
    }

    #[test]
    fn gaps_come_back_from_their_records() {
        for exists in [None, Some(u64::MAX)] {
            for (boxes, in_lost) in [(0, false), (70_000, true)] {
                let gap = Gap {
                    exists,
                    boxes,
                    in_lost,
                };
                let record = gap.encode().unwrap();
                assert_eq!(Gap::decode(&record).unwrap(), gap);
                let cut = Gap::decode(&record[..12]).unwrap_err();
                assert_eq!(cut.status(), Status::DB);
            }
        }
    }
}

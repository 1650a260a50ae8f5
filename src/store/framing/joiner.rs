//! From the contents of boxes, one after the other, to messages.

use super::{Head, MessageHead, MAX_MESSAGE, TAG};
use crate::secret::WipingVec;

/// What one box came to.
#[derive(Debug)]
pub(crate) struct Pushed {
    /// A message that had begun and that this box, which is not of it, cuts off.
    pub(crate) lost: Option<Flaw>,
    /// The box itself.
    pub(crate) content: Content,
}

/// What a box is to the reader.
#[derive(Debug)]
pub(crate) enum Content {
    /// A part of a message that is not whole yet. It has to be kept; see [`Joiner::parts`].
    Part,
    /// A whole message; parts that were kept are of no use any more. The same holds for all that follow here.
    Message { kind: u8, message: WipingVec },
    /// The message of this box cannot be had.
    Broken(Flaw),
    /// Another box of a message that was reported as lost or broken already.
    Rest,
    /// Not of this format, or of the version that is named.
    Foreign { version: Option<u8> },
}

/// Why a message cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its first box is missing.
    NoBeginning,
    /// A box in the middle is missing, or one comes twice.
    Gap,
    /// Something else lies in the channel before its end.
    CutOff,
    /// There is more data than the length says.
    Length,
    /// It claims to be longer than messages may be.
    TooLarge,
    /// Its boxes do not add up to what the writer had sent.
    Checksum,
    /// The box has the mark of this format and is not as the format is.
    Malformed,
}

impl Flaw {
    /// One sentence for people.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Flaw::NoBeginning => "The first box of the message is missing.",
            Flaw::Gap => "A box in the middle of the message is missing, or is there twice.",
            Flaw::CutOff => "The message ends before its last box.",
            Flaw::Length => "The message is longer than its first box says.",
            Flaw::TooLarge => "The message claims to be longer than 8 MiB.",
            Flaw::Checksum => "The boxes of the message do not match its checksum.",
            Flaw::Malformed => "The box is marked as part of a message and is not one.",
        }
    }
}

/// Which message the boxes of are passed over; to be kept with the reader's position.
pub(crate) type Tag = [u8; TAG];

/// Joins boxes to messages. Holds at most twice of what came, whatever the boxes claim.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    open: Option<Open>,
    passed_over: Option<Tag>,
}

impl Joiner {
    /// The one that was there before a restart: `passed_over` is what [`Joiner::passed_over`] was, `parts` are the contents of the
    /// boxes that were kept, in their order.
    pub(crate) fn restored<P: AsRef<[u8]>>(
        passed_over: Option<Tag>,
        parts: impl IntoIterator<Item = P>,
    ) -> Self {
        let mut joiner = Joiner {
            open: None,
            passed_over,
        };
        for part in parts {
            joiner.push(part.as_ref());
        }
        joiner
    }

    /// How many boxes of an unfinished message there are. After [`Content::Part`] the box is number `parts() - 1` of those
    /// to keep; all that were kept from there on are old. After anything else nothing is to be kept.
    pub(crate) fn parts(&self) -> u32 {
        self.open.as_ref().map_or(0, |open| open.parts)
    }

    /// The message whose further boxes are passed over, since it was reported already.
    pub(crate) fn passed_over(&self) -> Option<Tag> {
        self.passed_over
    }

    /// Takes the content of the next box. A tombstone, or a box that is passed over unread, goes to
    /// [`Joiner::cut_off`] instead.
    pub(crate) fn push(&mut self, content: &[u8]) -> Pushed {
        let head = Head::of(content);
        if let Some(open) = self.open_for(&head) {
            let content = self.follow(open, &head);
            return Pushed {
                lost: None,
                content,
            };
        }
        let lost = self.cut_off();
        let content = match head {
            Head::First(head, data) => self.begin(head, data),
            Head::Further { tag, .. } if self.passed_over == Some(tag) => Content::Rest,
            Head::Further { tag, .. } => self.broken(tag, Flaw::NoBeginning),
            Head::Malformed => Content::Broken(Flaw::Malformed),
            Head::Foreign(version) => Content::Foreign { version },
        };
        Pushed { lost, content }
    }

    /// There is something else where the next box of a message would be: the one that had begun is lost.
    pub(crate) fn cut_off(&mut self) -> Option<Flaw> {
        let open = self.open.take()?;
        self.passed_over = Some(open.head.tag());
        Some(Flaw::CutOff)
    }

    /// How much memory the unfinished message takes.
    #[cfg(test)]
    pub(crate) fn room(&mut self) -> usize {
        self.open
            .as_mut()
            .map_or(0, |open| open.data.as_mut_vec().capacity())
    }

    /// The unfinished message, if the box is one of its further boxes.
    fn open_for(&mut self, head: &Head<'_>) -> Option<Open> {
        let of_box = match head {
            Head::Further { tag, .. } => *tag,
            _ => return None,
        };
        self.open.take_if(|open| open.head.tag() == of_box)
    }

    fn begin(&mut self, head: MessageHead, data: &[u8]) -> Content {
        if head.length() > MAX_MESSAGE {
            return self.broken(head.tag(), Flaw::TooLarge);
        }
        let open = Open {
            head,
            data: WipingVec::new(Vec::new()),
            parts: 0,
        };
        self.passed_over = None;
        self.add(open, data)
    }

    fn follow(&mut self, open: Open, head: &Head<'_>) -> Content {
        match head {
            Head::Further { offset, data, .. } if *offset as usize == open.data.len() => {
                self.add(open, data)
            }
            _ => self.broken(open.head.tag(), Flaw::Gap),
        }
    }

    fn add(&mut self, mut open: Open, data: &[u8]) -> Content {
        let head = open.head;
        let received = open.data.len() + data.len();
        if received > head.length() {
            return self.broken(head.tag(), Flaw::Length);
        }
        open.append(data);
        if received < head.length() {
            self.open = Some(open);
            return Content::Part;
        }
        if !head.matches(&open.data) {
            return self.broken(head.tag(), Flaw::Checksum);
        }
        Content::Message {
            kind: head.kind,
            message: open.data,
        }
    }

    fn broken(&mut self, tag: Tag, flaw: Flaw) -> Content {
        self.passed_over = Some(tag);
        Content::Broken(flaw)
    }
}

/// A message that is not whole yet.
#[derive(Debug)]
struct Open {
    head: MessageHead,
    data: WipingVec,
    parts: u32,
}

impl Open {
    /// Room is made for what is there and as much again, not for what the head claims.
    fn append(&mut self, data: &[u8]) {
        let needed = self.data.len() + data.len();
        if self.data.as_mut_vec().capacity() < needed {
            // A vector that grows by itself leaves its old memory behind as it is.
            let room = (2 * needed).min(self.head.length());
            let mut roomier = Vec::with_capacity(room);
            roomier.extend_from_slice(&self.data);
            self.data = WipingVec::new(roomier);
        }
        self.data.as_mut_vec().extend_from_slice(data);
        self.parts += 1;
    }
}

//! What answers one question after the other and remembers what it computed: translators and drift.
//!
//! In: questions from any thread. Out: answers from a thread of its own, which owns the vectors and
//! what borrows them. It ends when nobody can ask any more.

use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result};
use axum::http::StatusCode;

use super::failure::Failure;

/// What a desk answers with: JSON, or why there is none.
pub(super) type Reply = Result<Vec<u8>, Failure>;

/// The way to a thread that answers questions `Q`.
pub(super) struct Desk<Q> {
    questions: Mutex<Sender<(Q, SyncSender<Reply>)>>,
}

/// The questions as they come to the thread.
pub(super) struct Questions<Q> {
    coming: std::sync::mpsc::Receiver<(Q, SyncSender<Reply>)>,
}

impl<Q> Questions<Q> {
    /// Answers questions until nobody can ask any more.
    pub(super) fn answer_each(self, mut answer: impl FnMut(Q) -> Reply) {
        for (question, reply) in self.coming {
            // Whoever asked may have gone.
            _ = reply.send(answer(question));
        }
    }
}

impl<Q: Send + 'static> Desk<Q> {
    /// Starts the thread; `open` makes what it needs, tells that it is ready by calling its
    /// argument, and answers questions. The value that it tells comes back with the desk.
    pub(super) fn start<T: Send + 'static>(
        open: impl FnOnce(&mut dyn FnMut(T) -> Questions<Q>) -> Result<()> + Send + 'static,
    ) -> Result<(Self, T)> {
        let (sender, coming) = channel();
        let (tell, told) = sync_channel::<Result<T>>(1);
        thread::Builder::new()
            .name("desk".to_owned())
            .spawn(move || {
                let mut coming = Some(coming);
                let mut ready = |value: T| {
                    _ = tell.send(Ok(value));
                    Questions { coming: coming.take().expect("a desk is ready once") }
                };
                if let Err(error) = open(&mut ready) {
                    _ = tell.send(Err(error));
                }
            })
            .context("cannot start a thread")?;
        let value = told.recv().context("the thread that opens the file has failed")??;
        Ok((Self { questions: Mutex::new(sender) }, value))
    }

    /// Asks and waits for the answer.
    pub(super) fn ask(&self, question: Q) -> Reply {
        let failed = || {
            let message = "the thread that answers has failed; the log says how";
            Failure::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        };
        let (reply, answer) = sync_channel(1);
        let sent =
            self.questions.lock().unwrap_or_else(PoisonError::into_inner).send((question, reply));
        if sent.is_err() {
            return Err(failed());
        }
        answer.recv().unwrap_or_else(|_| Err(failed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_answers_in_turn_and_tells_why_it_cannot_open() {
        let (desk, name) = Desk::<u32>::start(|ready| {
            let mut sum = 0;
            ready("adder").answer_each(|number| {
                sum += number;
                Ok(sum.to_string().into_bytes())
            });
            Ok(())
        })
        .unwrap();
        assert_eq!(
            (name, desk.ask(3).unwrap(), desk.ask(4).unwrap()),
            ("adder", b"3".to_vec(), b"7".to_vec())
        );
        let refused = Desk::<u32>::start::<()>(|_| anyhow::bail!("no such map"));
        assert_eq!(refused.err().unwrap().to_string(), "no such map");
    }

    #[test]
    fn a_desk_that_panics_is_an_answer_too() {
        let (desk, ()) = Desk::<u32>::start(|ready| {
            ready(()).answer_each(|_| panic!("on purpose"));
            Ok(())
        })
        .unwrap();
        for _ in 0..2 {
            assert_eq!(desk.ask(1).unwrap_err().status, StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}

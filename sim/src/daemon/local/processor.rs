//! Work for the processor: its start, its end, and the commands that change its speed.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::daemon::state::{Daemon, Effort, Event, Step, Then, Work};

impl Daemon {
    /// Calls `then` after the work; at once if the work costs nothing.
    pub(crate) fn after_work(
        &mut self,
        effort: Effort,
        then: impl FnOnce(&mut Daemon) + 'static,
    ) -> Step {
        let then: Then = Box::new(then);
        let is_free = effort.price(&self.config).is_zero() && !self.processor.is_held();
        if effort.is_none() || is_free {
            self.count_work(effort);
            then(self);
            return Step::Next;
        }
        Step::Work(Box::new(Work { effort, then }))
    }

    /// Starts work. The returned value is notified when it is done.
    pub(crate) fn start_work(&mut self, work: Work) -> Rc<Notify> {
        self.count_work(work.effort);
        self.processor.settle(self.config.cores);
        let left = work.effort.price(&self.config);
        let done = self.processor.add(left, work.then);
        self.arm_processor();
        done
    }

    /// Starts work that nothing follows.
    pub(crate) fn start_envelopes(&mut self, envelopes: u32) -> Option<Rc<Notify>> {
        match self.after_work(Effort::Encryptions(envelopes), |_| ()) {
            Step::Work(work) => Some(self.start_work(*work)),
            _ => None,
        }
    }

    fn count_work(&mut self, effort: Effort) {
        if let Effort::Encryptions(n) = effort {
            self.counters.encryptions += u64::from(n);
        }
        self.counters.encryption_time += effort.price(&self.config);
    }

    fn arm_processor(&mut self) {
        if let Some((delay, generation)) = self.processor.arm(self.config.cores) {
            self.agenda.after(delay, Event::WorkDone { generation });
        }
    }

    /// Completes what is done, unless the timer is outdated.
    pub(crate) fn work_done(&mut self, generation: u64) {
        if self.processor.is_current(generation) {
            self.finish_work();
        }
    }

    fn finish_work(&mut self) {
        self.processor.settle(self.config.cores);
        while let Some(job) = self.processor.take_done() {
            (job.then)(self);
            job.done.notify_one();
        }
        self.arm_processor();
    }

    /// Changes the price of what starts from now on.
    pub(crate) fn set_encrypt_cost(&mut self, price: Duration) {
        self.config.encrypt_cost = Some(price);
        self.config.voucher_cost = None;
    }

    /// Changes how many encryptions proceed at once.
    pub(crate) fn set_cores(&mut self, cores: usize) {
        self.processor.settle(self.config.cores);
        self.config.cores = cores.max(1);
        self.arm_processor();
    }

    /// Stops all encryptions, or lets them proceed.
    pub(crate) fn hold_work(&mut self, held: bool) {
        self.processor.settle(self.config.cores);
        self.processor.hold(held);
        self.finish_work();
    }

    /// Finishes the work that was started first, whatever is left of it.
    pub(crate) fn step_work(&mut self, times: usize) -> usize {
        let times = self.processor.complete_oldest(times);
        self.finish_work();
        times
    }
}

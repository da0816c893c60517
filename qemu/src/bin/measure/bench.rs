//! A booted device whose commands are timed and counted.

use anyhow::{Result, ensure};
use std::time::Duration;
use touchseal::Error;
use touchseal::proto::label::Scene;
use touchseal::proto::soter::Challenge;
use touchseal::proto::status::Status;
use touchseal_qemu::{
    App, Emmc, Guest, Options, Owner, Platform, Proxy, ProxyError, SoterApp, label, some_payment,
};

/// The largest number of payment keys of one app.
const OF_ONE_APP: usize = 16;
const REPEATED: usize = 20;
const ROOT: u32 = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    pub time: Duration,
    pub reads: u64,
    pub writes: u64,
}

/// A command, and what it costs.
pub type Row = (&'static str, Cost);

/// What a payment is called among the rows.
pub const PAYMENT: &str = "payment, median of 20";

pub struct Bench<'a> {
    platform: &'a Platform,
    emmc: &'a Emmc,
    owner: &'a Owner,
    guest: Guest,
    proxy: Proxy,
}

fn scene(number: usize) -> Result<Scene, Error<ProxyError>> {
    label(&format!("scene-{number}"))
}

impl<'a> Bench<'a> {
    pub fn boot(platform: &'a Platform, emmc: &'a Emmc, owner: &'a Owner) -> Result<Self> {
        let mut options = Options::new(platform.logs("measure"));
        options.programs = Some(platform.programs.clone());
        let mut guest = Guest::boot(platform, emmc, &options)?;
        Ok(Self {
            proxy: guest.proxy()?,
            platform,
            emmc,
            owner,
            guest,
        })
    }

    pub fn reboot(self) -> Result<Self> {
        self.guest.power_off()?;
        Self::boot(self.platform, self.emmc, self.owner)
    }

    pub fn power_off(self) -> Result<()> {
        self.guest.power_off()
    }

    fn cost<R>(&self, commands: impl FnOnce() -> Result<R, Error<ProxyError>>) -> Result<Cost> {
        let (reads, writes) = (self.guest.rpmb_reads()?, self.guest.rpmb_writes()?);
        self.proxy.take_busy();
        commands()?;
        Ok(Cost {
            time: self.proxy.take_busy(),
            reads: self.guest.rpmb_reads()? - reads,
            writes: self.guest.rpmb_writes()? - writes,
        })
    }

    /// The median of what is repeated, each time with one write.
    fn median(&self, name: &str, mut once: impl FnMut() -> Result<Cost>) -> Result<Cost> {
        let mut costs = (0..REPEATED).map(|_| once()).collect::<Result<Vec<_>>>()?;
        for Cost { writes, .. } in &costs {
            ensure!(*writes == 1, "{name} cost {writes} RPMB writes, not 1");
        }
        costs.sort();
        Ok(costs[REPEATED / 2])
    }

    /// What is done once a device.
    pub fn factory(&mut self) -> Result<Vec<Row>> {
        let mut factory = App::new(&self.proxy, self.guest.hand(), ROOT)?;
        let mut soter = self.proxy.soter(ROOT)?;
        // OP-TEE starts its storage, which is not provisioning's.
        factory.payments.info()?;
        Ok(vec![
            ("provision", self.cost(|| factory.payments.provision())?),
            ("provision SOTER", self.cost(|| soter.provision())?),
            ("enrol a finger", self.cost(|| factory.enroll(self.owner))?),
        ])
    }

    /// The owner at the sensor, and a stranger.
    pub fn fingers(&mut self) -> Result<Vec<Row>> {
        let mut app = App::new(&self.proxy, self.guest.hand(), ROOT)?;
        let stranger = Owner::new(self.platform, "p2_1.png")?;
        let nobody = self.cost(|| match app.sensor.authenticate(1) {
            Err(Error::Refused(Status::NoFingerOnSensor)) => Ok(()),
            other => other.map(drop),
        })?;
        app.touch(self.owner, 1)?;
        let mut matches = (0..REPEATED)
            .map(|_| self.cost(|| app.touch(self.owner, 1)))
            .collect::<Result<Vec<_>>>()?;
        ensure!(
            matches.iter().all(|cost| cost.writes == 0),
            "a match was written down"
        );
        matches.sort();
        let mut wrong = || {
            self.cost(|| match app.touch(&stranger, 1) {
                Err(Error::Refused(Status::FingerNotRecognized)) => Ok(()),
                other => other.map(drop),
            })
        };
        // The first was reserved by the match before.
        let (reserved, counted) = (wrong()?, wrong()?);
        ensure!(
            (reserved.writes, counted.writes) == (0, 1),
            "an attempt cost {} RPMB writes, and the next {}",
            reserved.writes,
            counted.writes
        );
        app.touch(self.owner, 1)?;
        Ok(vec![
            ("no finger on the sensor", nobody),
            ("a match, median of 20", matches[REPEATED / 2]),
            ("a wrong finger", counted),
        ])
    }

    /// An app makes its keys.
    pub fn keys(&mut self, uid: u32) -> Result<Vec<Row>> {
        let mut keys = self.proxy.payment(uid)?;
        let mut factory = self.proxy.soter(ROOT)?;
        let mut soter = self.proxy.soter(uid)?;
        let mut rows = vec![
            ("app key", self.cost(|| keys.generate_app_key(false))?),
            (
                "payment key",
                self.cost(|| keys.generate_payment_key(scene(0)?, false))?,
            ),
            (
                "replace a payment key",
                self.cost(|| keys.generate_payment_key(scene(0)?, true))?,
            ),
            (
                "SOTER ASK, generated",
                self.cost(|| soter.generate_app_key(false))?,
            ),
        ];
        soter.remove_app_keys()?;
        for spares in 1..=2 {
            let prepared = factory.prepare()?.spares;
            ensure!(prepared == spares, "{prepared} spares, not {spares}");
        }
        rows.extend([
            (
                "SOTER ASK, from a spare",
                self.cost(|| soter.generate_app_key(false))?,
            ),
            (
                "SOTER AuthKey, from a spare",
                self.cost(|| soter.generate_payment_key(scene(0)?, false))?,
            ),
        ]);
        Ok(rows)
    }

    /// Makes keys of other apps until there are so many, with one that is there.
    pub fn fill(&mut self, count: usize) -> Result<()> {
        for number in 1..count {
            let uid = 11_000 + u32::try_from(number / OF_ONE_APP)?;
            let mut app = App::new(&self.proxy, self.guest.hand(), uid)?;
            app.payments.generate_app_key(false)?;
            let made = app.payments.generate_payment_key(scene(number)?, false)?;
            ensure!(made.new, "key {number} was there");
        }
        Ok(())
    }

    /// The app uses its keys, after a reboot.
    pub fn uses(&mut self, uid: u32) -> Result<Vec<Row>> {
        let mut app = App::new(&self.proxy, self.guest.hand(), uid)?;
        let storage = self.cost(|| app.payments.info())?;
        let mut pay = || {
            let mut nonce = [0; 32];
            getrandom::fill(&mut nonce)?;
            let payment = some_payment(nonce)?;
            self.cost(|| app.pay(scene(0)?, payment, self.owner))
        };
        let first = pay()?;
        let payment = self.median("a payment", pay)?;
        let keys = &mut app.payments;
        let chain = self.cost(|| {
            keys.export_app_key()?;
            keys.export_payment_key(scene(0)?)
        })?;
        let list = self.cost(|| keys.list_payment_keys())?;
        keys.generate_payment_key(scene(1)?, false)?;
        let remove = self.cost(|| keys.remove_payment_key(scene(1)?))?;

        let mut app = SoterApp::new(&self.proxy, self.guest.hand(), uid)?;
        let export = self.cost(|| {
            app.soter.export_app_key()?;
            app.soter.export_payment_key(scene(0)?)
        })?;
        let sign = self.median("a SOTER signature", || {
            let challenge = Challenge::new("order-1").map_err(Error::<ProxyError>::Protocol)?;
            self.cost(|| app.sign(scene(0)?, challenge, self.owner))
        })?;
        Ok(vec![
            ("first command since boot", storage),
            ("first payment since boot", first),
            (PAYMENT, payment),
            ("chain export", chain),
            ("list the app's keys", list),
            ("remove a payment key", remove),
            ("SOTER chain export", export),
            ("SOTER sign, median of 20", sign),
        ])
    }
}

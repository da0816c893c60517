//! A booted device whose commands are timed and counted.

use anyhow::{Result, ensure};
use std::time::Duration;
use touchseal::Error;
use touchseal::proto::label::Scene;
use touchseal::proto::message::Print;
use touchseal_qemu::{App, Emmc, Guest, Options, Platform, Proxy, ProxyError, label, some_payment};

/// The largest number of payment keys of one app.
const OF_ONE_APP: usize = 16;
const PAYMENTS: usize = 20;
const ROOT: u32 = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    pub time: Duration,
    pub writes: u64,
}

pub type Row = (&'static str, Cost);

/// Making an app's keys.
pub struct Keys {
    app_key: Cost,
    payment_key: Cost,
}

/// Using them, after a reboot.
pub struct Payments {
    storage: Cost,
    first: Cost,
    payment: Cost,
    chain: Cost,
    list: Cost,
    remove: Cost,
}

/// All that one number of keys costs.
pub struct Costs {
    keys: Keys,
    payments: Payments,
    /// The median of a payment.
    pub payment: Cost,
}

impl Keys {
    pub fn with(self, payments: Payments) -> Costs {
        let payment = payments.payment;
        Costs {
            keys: self,
            payments,
            payment,
        }
    }
}

impl Costs {
    pub fn rows(&self) -> [Row; 8] {
        let Self { keys, payments, .. } = self;
        [
            ("make an app key", keys.app_key),
            ("make a payment key", keys.payment_key),
            ("export both", payments.chain),
            ("first command since boot", payments.storage),
            ("first payment since boot", payments.first),
            ("payment, median of 20", payments.payment),
            ("list the app's keys", payments.list),
            ("remove a payment key", payments.remove),
        ]
    }
}

pub struct Bench<'a> {
    platform: &'a Platform,
    emmc: &'a Emmc,
    guest: Guest,
    proxy: Proxy,
}

fn scene(number: usize) -> Result<Scene, Error<ProxyError>> {
    label(&format!("scene-{number}"))
}

impl<'a> Bench<'a> {
    pub fn boot(platform: &'a Platform, emmc: &'a Emmc) -> Result<Self> {
        let mut options = Options::new(platform.logs("measure"));
        options.programs = Some(platform.programs.clone());
        let mut guest = Guest::boot(platform, emmc, &options)?;
        Ok(Self {
            proxy: guest.proxy()?,
            platform,
            emmc,
            guest,
        })
    }

    pub fn reboot(self) -> Result<Self> {
        self.guest.power_off()?;
        Self::boot(self.platform, self.emmc)
    }

    pub fn power_off(self) -> Result<()> {
        self.guest.power_off()
    }

    fn cost<R>(&self, commands: impl FnOnce() -> Result<R, Error<ProxyError>>) -> Result<Cost> {
        let before = self.guest.rpmb_writes()?;
        self.proxy.take_busy();
        commands()?;
        Ok(Cost {
            time: self.proxy.take_busy(),
            writes: self.guest.rpmb_writes()? - before,
        })
    }

    /// What is done once a device.
    pub fn factory(&mut self, print: &Print) -> Result<[Row; 2]> {
        let mut factory = App::new(&self.proxy, ROOT)?;
        // OP-TEE starts its storage, which is not provisioning's.
        factory.payments.info()?;
        let provision = self.cost(|| factory.payments.provision())?;
        let enroll = self.cost(|| factory.sensor.enroll(print.clone()))?;
        Ok([("provision", provision), ("enrol a finger", enroll)])
    }

    pub fn keys(&mut self, uid: u32) -> Result<Keys> {
        let mut app = App::new(&self.proxy, uid)?;
        Ok(Keys {
            app_key: self.cost(|| app.payments.generate_app_key(false))?,
            payment_key: self.cost(|| app.payments.generate_payment_key(scene(0)?, false))?,
        })
    }

    /// Makes keys of other apps until there are so many, with one that is there.
    pub fn fill(&mut self, count: usize) -> Result<()> {
        for number in 1..count {
            let uid = 11_000 + u32::try_from(number / OF_ONE_APP)?;
            let mut app = App::new(&self.proxy, uid)?;
            app.payments.generate_app_key(false)?;
            let made = app.payments.generate_payment_key(scene(number)?, false)?;
            ensure!(made.new, "key {number} was there");
        }
        Ok(())
    }

    pub fn payments(&mut self, uid: u32, print: &Print) -> Result<Payments> {
        let mut app = App::new(&self.proxy, uid)?;
        let storage = self.cost(|| app.payments.info())?;
        let mut pay = |bench: &Self| {
            let mut nonce = [0; 32];
            getrandom::fill(&mut nonce)?;
            let payment = some_payment(nonce)?;
            bench.cost(|| app.pay(scene(0)?, payment, print))
        };
        let first = pay(self)?;
        let mut payments = (0..PAYMENTS)
            .map(|_| pay(self))
            .collect::<Result<Vec<_>>>()?;
        for Cost { writes, .. } in &payments {
            ensure!(*writes == 1, "a payment cost {writes} RPMB writes, not 1");
        }
        payments.sort();
        let keys = &mut app.payments;
        let chain = self.cost(|| {
            keys.export_app_key()?;
            keys.export_payment_key(scene(0)?)
        })?;
        let list = self.cost(|| keys.list_payment_keys())?;
        keys.generate_payment_key(scene(1)?, false)?;
        let remove = self.cost(|| keys.remove_payment_key(scene(1)?))?;
        Ok(Payments {
            storage,
            first,
            payment: payments[PAYMENTS / 2],
            chain,
            list,
            remove,
        })
    }
}

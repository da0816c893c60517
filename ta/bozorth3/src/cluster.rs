// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! Stage 3: clustering and the final match score (`bz_match_score`, `bz_sift`, `bz_final_loop`).
//!
//! This is a faithful port of stock NBIS's core matcher: it consumes the sorted compatibility list
//! from stage 2 and grows **consistent clusters** of compatible edge pairs, returning the largest
//! total edge count over a mutually-compatible cluster set. The reference uses fixed global arrays;
//! here they live in [`Bz`] (heap lists reserved once, at sizes that the input's size and the
//! [`Limits`] fix). Two deliberate, behaviour-preserving deviations from the C, each marked `// PORT:` inline:
//!
//! * C relies on `&&` short-circuit so a value comparison runs *before* its bound check, performing
//!   a benign out-of-bounds read whose result never changes control flow. We reorder to bound-first,
//!   which is provably identical for the sorted/dedup sets involved and avoids the UB.
//! * The `colp[l-2]` head-of-run walk-back is guarded with `l >= 2` (the C reads `colp[-1]` when
//!   `l == 1`; the guarded form stops at the array head, the only sane deterministic behaviour).
//!
//! Further deviations, which this port adds to bound memory and work, are marked `// PORT:` too.
//!
//! ## An overflow of `qq[]` is refused
//!
//! The reference returns the score `4000` when its work queue `qq[]` overflows: the highest score
//! there is, for a print that it could not handle. [`Bz::sift`] refuses instead. A dense self-match
//! of 150 minutiae comes close, at 3680 of [`QQ_SIZE`].

use crate::bounds::{Budget, Limits, MatchError, Secret, room, zeros};
use crate::consts::{CTXS, MMSTR, MSTR, QQ_SIZE, TK, TXS, WWIM, iangle180, round_half_away, sense};
use crate::inter::ColpRow;
use crate::xyt::Prepared;

/// Reference: `tp > 1999` ends the search for further clusters.
pub(crate) const CLUSTERS: usize = 2000;

/// No more links can there be between that many clusters.
pub(crate) const LINKS: usize = CLUSTERS * (CLUSTERS - 1) / 2;

/// No more entries can there be on the search stack: each column is shorter than the one before.
pub(crate) const SEARCH: usize = CLUSTERS * (CLUSTERS + 1) / 2;

/// Endpoint-conflict groups: a conflict is recorded only while there are fewer than [`WWIM`], and
/// one conflict opens at most two.
pub(crate) const GROUPS: usize = WWIM as usize + 1;

/// What [`Bz`] keeps of each cluster, in bytes.
pub(crate) const CLUSTER_BYTES: usize =
    size_of::<Average>() + 2 * size_of::<i32>() + size_of::<[Ids; 2]>();

/// `avv` of a cluster: mean rotation, and the centroids `x, y` in the probe and in the gallery. The
/// input is validated, so that `i16` holds them.
type Average = [i16; 5];

/// A set of minutia ids (1-based, at most 150), one bit each.
type Ids = [u64; 3];

/// The BOZORTH3 match score for a compatibility list, which ends with a row of zeros: the reference
/// reads `colp[np]` (one past the last written row) and depends on it being all-zero to terminate
/// several look-ahead loops.
///
/// The caller has checked that both prints have enough minutiae.
pub(crate) fn match_score(
    colp: &[ColpRow],
    probe: &Prepared,
    gallery: &Prepared,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<i32, MatchError> {
    let np = colp.len() as i32 - 1;
    budget.effort.pairs = np as usize;
    let mut bz = Bz::new(np, probe.nrows.max(gallery.nrows), limits, budget)?;
    bz.run(colp, np, probe, gallery)
}

/// "Cluster `tp` is compatible with the earlier cluster `ii`", ordered by `ii` and then `tp`.
type Link = (u16, u16);

/// The reference's global work arrays, sized to one match.
struct Bz<'a> {
    budget: &'a mut Budget,
    max_clusters: usize,
    max_links: usize,
    max_search: usize,
    /// Rows of the compatibility table, sorted by [`Table::far_end`].
    by_far_end: Secret<u16>,
    // Edge/endpoint-indexed scratch (the reference's 20000-element globals).
    sc: Secret<i32>,
    cp: Secret<i32>,
    rp: Secret<i32>,
    tq: Secret<i32>,
    rq: Secret<i32>,
    zz: Secret<i32>,
    rk: Secret<i32>,
    y: Secret<i32>,
    qq: Secret<i32>,
    // Endpoint-conflict groups (indexed by group id).
    rx: [i32; GROUPS],
    mm: [i32; GROUPS],
    nn: [i32; GROUPS],
    rr: [i32; GROUPS],
    cf: [Secret<i32>; GROUPS],
    rf: [Secret<i32>; GROUPS],
    // Per-cluster data, grown as clusters form (index = cluster id `tp`).
    avv: Secret<Average>,
    ct: Secret<i32>,
    gct: Secret<i32>,
    /// `ctp` of the reference, which lists for each cluster itself and the later clusters that it
    /// is compatible with: here one list for all, without the clusters themselves.
    ctp: Secret<Link>,
    /// `yy[tp][side]` — the endpoint set of cluster `tp` on the probe (0) / gallery (1) side.
    yy: Secret<[Ids; 2]>,
}

impl<'a> Bz<'a> {
    fn new(
        np: i32,
        nend: usize,
        limits: &Limits,
        budget: &'a mut Budget,
    ) -> Result<Self, MatchError> {
        // `zz` is indexed by edge in one place and by endpoint in others.
        let edges = (np as usize).max(nend) + 2;
        let ends = nend + 2;
        let clusters = limits.clusters.min(CLUSTERS);
        let links = limits.links.min(LINKS);
        budget.spend(edges * 4)?;
        let mut zz = room(edges)?;
        zz.resize(edges, 1000); // reference: zz[] initialised to 1000
        Ok(Bz {
            budget,
            max_clusters: clusters,
            max_links: links,
            max_search: limits.search.min(SEARCH),
            by_far_end: room(np as usize)?,
            sc: zeros(edges)?,
            cp: zeros(ends)?,
            rp: zeros(ends)?,
            tq: zeros(ends)?,
            rq: zeros(ends)?,
            zz,
            rk: zeros(edges)?,
            y: zeros(edges)?,
            qq: zeros((QQ_SIZE as usize) + 2)?,
            rx: [0; GROUPS],
            mm: [0; GROUPS],
            nn: [0; GROUPS],
            rr: [0; GROUPS],
            cf: alternatives(ends)?,
            rf: alternatives(ends)?,
            avv: room(clusters)?,
            ct: room(clusters)?,
            gct: room(clusters)?,
            ctp: room(links)?,
            yy: room(clusters)?,
        })
    }

    /// `bz_sift`: link a lookahead edge into the current path, or record a pairing conflict.
    ///
    /// An overflow of `qq[]` is refused; the reference answers it with the score 4000.
    #[expect(clippy::too_many_arguments)] // mirrors the reference signature; splitting would obscure the port
    fn sift(
        &mut self,
        ww: &mut i32,
        kz: i32,
        qh: &mut i32,
        l: i32,
        kx: i32,
        ftt: i32,
        tot: &mut i32,
    ) -> Result<(), MatchError> {
        self.budget.spend(1)?;
        let n = self.tq[(kz - 1) as usize];
        let t = self.rq[(l - 1) as usize];

        // Case A — both endpoints free: accept the edge and record the new pairing.
        if n == 0 && t == 0 {
            if self.sc[(kx - 1) as usize] != ftt {
                self.y[*tot as usize] = kx;
                *tot += 1;
                self.rk[(kx - 1) as usize] = self.sc[(kx - 1) as usize];
                self.sc[(kx - 1) as usize] = ftt;
            }
            if *qh >= QQ_SIZE {
                return Err(MatchError::TooComplex);
            }
            self.qq[*qh as usize] = kz;
            self.zz[(kz - 1) as usize] = *qh;
            *qh += 1;
            self.tq[(kz - 1) as usize] = l;
            self.rq[(l - 1) as usize] = kz;
            return Ok(());
        }

        // Case B — already consistently paired: re-accept without a new pairing.
        if n == l {
            if self.sc[(kx - 1) as usize] != ftt {
                // PORT: the reference tests zz[kx-1] (edge space) but writes zz[kz-1] (endpoint
                // space) — an original NIST quirk, reproduced verbatim.
                if self.zz[(kx - 1) as usize] == 1000 {
                    if *qh >= QQ_SIZE {
                        return Err(MatchError::TooComplex);
                    }
                    self.qq[*qh as usize] = kz;
                    self.zz[(kz - 1) as usize] = *qh;
                    *qh += 1;
                }
                self.y[*tot as usize] = kx;
                *tot += 1;
                self.rk[(kx - 1) as usize] = self.sc[(kx - 1) as usize];
                self.sc[(kx - 1) as usize] = ftt;
            }
            return Ok(());
        }

        // Case C — conflict: record the alternative pairing(s), but do not extend the path.
        if *ww >= WWIM {
            return Ok(());
        }
        if n != 0 {
            let mut b = self.cp[(kz - 1) as usize];
            if b == 0 {
                *ww += 1;
                b = *ww;
                let bi = (b - 1) as usize;
                self.cp[(kz - 1) as usize] = b;
                self.cf[bi][0] = n;
                self.mm[bi] = 1;
                self.nn[bi] = 1;
                self.rx[bi] = kz;
            }
            let bi = (b - 1) as usize;
            let lim = self.mm[bi];
            self.budget.spend(lim as usize)?;
            let mut found_at = lim; // index at which to append if not found
            for i in 0..lim {
                if self.cf[bi][i as usize] == l {
                    found_at = -1;
                    break;
                }
            }
            if found_at != -1 {
                self.cf[bi][lim as usize] = l;
                self.mm[bi] += 1;
            }
        }
        if t != 0 {
            let mut b = self.rp[(l - 1) as usize];
            if b == 0 {
                *ww += 1;
                b = *ww;
                let bi = (b - 1) as usize;
                self.rp[(l - 1) as usize] = b;
                self.rf[bi][0] = t;
                self.mm[bi] = 1;
                self.nn[bi] = 1;
                self.rx[bi] = -l;
            }
            let bi = (b - 1) as usize;
            let lim = self.mm[bi];
            self.budget.spend(lim as usize)?;
            let mut notfound = true;
            for i in 0..lim {
                if self.rf[bi][i as usize] == kz {
                    notfound = false;
                    break;
                }
            }
            if notfound {
                self.rf[bi][lim as usize] = kz;
                self.mm[bi] += 1;
            }
        }
        Ok(())
    }

    /// `bz_match_score`: the outer seed loop.
    fn run(
        &mut self,
        colp: &[ColpRow],
        np: i32,
        probe: &Prepared,
        gallery: &Prepared,
    ) -> Result<i32, MatchError> {
        let colp = Table(colp);
        self.budget.spend_sort(np as usize)?;
        self.by_far_end.extend(0..np as u16);
        self.by_far_end
            .sort_unstable_by_key(|&row| colp.far_end(row));
        let mut tp: i32 = 0;
        let mut match_score = 0i32;
        let mut ftt = 0i32;

        for k in 0..(np - 1).max(0) {
            let k = k as usize;
            self.budget.spend(1)?;
            if self.sc[k] != 0 {
                continue;
            }

            let seed_i = colp.at(k as i32, 1);
            let seed_t = colp.at(k as i32, 3);
            self.qq[0] = seed_i;
            self.rq[(seed_t - 1) as usize] = seed_i;
            self.tq[(seed_i - 1) as usize] = seed_t;

            let mut ww = 0i32;
            let mut dw = 0i32;

            // Endpoint-group loop: enumerate alternative pairings via the mixed-radix odometer.
            loop {
                ftt += 1;
                let mut tot = 0i32;
                let mut qh = 1i32;
                let mut kx = k as i32;

                // (5a) initial run of consecutive same-start edges
                loop {
                    let kz = colp.at(kx, 2);
                    let l = colp.at(kx, 4);
                    kx += 1;
                    self.sift(&mut ww, kz, &mut qh, l, kx, ftt, &mut tot)?;
                    if !(colp.at(kx, 3) == colp.at(k as i32, 3)
                        && colp.at(kx, 1) == colp.at(k as i32, 1))
                    {
                        break;
                    }
                }
                let kq = kx;

                // (5b) BFS expansion over discovered endpoints
                let mut j = 1i32;
                while j < qh {
                    // PORT: the reference scans the rows from `kq` on for those with `qq[j]` and its
                    // partner in columns 2 and 4. `by_far_end` finds the same rows in the same
                    // order; what is looked for does not change meanwhile, because `sift` only sets
                    // a `tq` that is 0, and no row has a 0 there.
                    let far = self.qq[j as usize];
                    let partner = self.tq[(far - 1) as usize];
                    let wanted = (far, partner, kq);
                    self.budget.spend(16)?;
                    let mut at = self
                        .by_far_end
                        .partition_point(|&i| colp.far_end(i) < wanted);
                    while let Some(&i) = self.by_far_end.get(at) {
                        let i = i32::from(i);
                        if colp.at(i, 2) != far || colp.at(i, 4) != partner {
                            break;
                        }
                        self.budget.spend(1)?;
                        at += 1;
                        let zc = colp.at(i, 1);
                        let lc = colp.at(i, 3);
                        if zc != colp.at(k as i32, 1) && lc != colp.at(k as i32, 3) {
                            kx = i + 1;
                            self.sift(&mut ww, zc, &mut qh, lc, kx, ftt, &mut tot)?;
                        }
                    }

                    // binary search for qq[j] over colp on cols (1,3)
                    let mut l;
                    let mut t = np + 1;
                    let mut b = kq;
                    let mut n = -1i32;
                    let mut p2 = 0i32;
                    while t - b > 1 {
                        self.budget.spend(1)?;
                        l = (b + t) / 2;
                        let mut p1 = 0i32;
                        let mut i = 1i32;
                        while i < 3 {
                            if i == 1 {
                                if (j + 1) > QQ_SIZE {
                                    return Err(MatchError::TooComplex);
                                }
                                p1 = self.qq[j as usize];
                            } else {
                                p1 = self.tq[(p1 - 1) as usize];
                            }
                            p2 = colp.at(l - 1, i * 2 - 1);
                            n = sense(p1, p2);
                            if n < 0 {
                                t = l;
                                break;
                            }
                            if n > 0 {
                                b = l;
                                break;
                            }
                            i += 1;
                        }
                        if n == 0 {
                            // walk back to the head of the equal-key run
                            // PORT: guard l >= 2 (the reference reads colp[-1] at l == 1).
                            while l >= 2
                                && colp.at(l - 2, 3) == p2
                                && colp.at(l - 2, 1) == colp.at(l - 1, 1)
                            {
                                self.budget.spend(1)?;
                                l -= 1;
                            }
                            kx = l - 1;
                            loop {
                                let kz = colp.at(kx, 2);
                                let ll = colp.at(kx, 4);
                                kx += 1;
                                self.sift(&mut ww, kz, &mut qh, ll, kx, ftt, &mut tot)?;
                                if !(colp.at(kx, 3) == p2 && colp.at(kx, 1) == colp.at(kx - 1, 1)) {
                                    break;
                                }
                            }
                            break;
                        }
                    }
                    j += 1;
                }

                self.budget.spend(tot as usize)?;
                // (6a) rotation-average + consistency prune
                if tot >= MSTR {
                    let (mut jj, mut kk, mut n, mut l) = (0i32, 0i32, 0i32, 0i32);
                    for i in 0..tot {
                        let v = colp.at(self.y[i as usize] - 1, 0);
                        if v < 0 {
                            kk += v;
                            n += 1;
                        } else {
                            jj += v;
                            l += 1;
                        }
                    }
                    if n == 0 {
                        n = 1;
                    } else if l == 0 {
                        l = 1;
                    }
                    let mut fi = jj as f32 / l as f32 - kk as f32 / n as f32;
                    if fi > 180.0 {
                        fi = (jj + kk + n * 360) as f32 / tot as f32;
                        if fi > 180.0 {
                            fi -= 360.0;
                        }
                    } else {
                        fi = (jj + kk) as f32 / tot as f32;
                    }
                    let mut mean = round_half_away(fi);
                    if mean <= -180 {
                        mean += 360;
                    }
                    // prune out-of-tolerance edges, compacting y[] in place
                    kk = 0;
                    for i in 0..tot {
                        let diff = colp.at(self.y[i as usize] - 1, 0) - mean;
                        let sq = diff * diff;
                        if sq > TXS && sq < CTXS {
                            kk += 1;
                        } else {
                            self.y[(i - kk) as usize] = self.y[i as usize];
                        }
                    }
                    tot -= kk;
                }

                if tot < MSTR {
                    // (6b) path too short → roll back the stamps
                    for i in (0..tot).rev() {
                        let idx = (self.y[i as usize] - 1) as usize;
                        self.sc[idx] = if self.rk[idx] == 0 { -1 } else { self.rk[idx] };
                    }
                    ftt -= 1;
                } else {
                    // (6c) form cluster `tp`
                    self.build_cluster(&colp, tp, tot, probe, gallery, &mut match_score)?;
                    tp += 1;
                }

                // (7) teardown + odometer
                if qh > QQ_SIZE {
                    return Err(MatchError::TooComplex);
                }
                self.budget.spend(qh as usize)?;
                for i in (1..qh).rev() {
                    let n = self.qq[i as usize] - 1;
                    if self.tq[n as usize] > 0 {
                        self.rq[(self.tq[n as usize] - 1) as usize] = 0;
                        self.tq[n as usize] = 0;
                        self.zz[n as usize] = 1000;
                    }
                }
                for i in (0..dw).rev() {
                    let n = self.rr[i as usize] - 1;
                    if self.tq[n as usize] != 0 {
                        self.rq[(self.tq[n as usize] - 1) as usize] = 0;
                        self.tq[n as usize] = 0;
                    }
                }

                let more = self.odometer(&mut ww)?;
                if tp > 1999 {
                    break;
                }
                dw = ww;
                if !more {
                    break;
                }
            }

            if tp > 1999 {
                break;
            }

            // per-seed cleanup
            let n = self.qq[0] - 1;
            if self.tq[n as usize] > 0 {
                self.rq[(self.tq[n as usize] - 1) as usize] = 0;
                self.tq[n as usize] = 0;
            }
            for i in (0..ww).rev() {
                let n = self.rx[i as usize];
                if n < 0 {
                    self.rp[(-n - 1) as usize] = 0;
                } else {
                    self.cp[(n - 1) as usize] = 0;
                }
            }
        }

        if match_score < MMSTR {
            return Ok(match_score);
        }
        self.final_loop(tp)
    }

    /// (6c) Build cluster `tp` from the path collected in `y[0..tot]`, then cross-check it against
    /// every prior cluster and merge group totals where compatible and endpoint-disjoint.
    fn build_cluster(
        &mut self,
        colp: &Table<'_>,
        tp: i32,
        tot: i32,
        probe: &Prepared,
        gallery: &Prepared,
        match_score: &mut i32,
    ) -> Result<(), MatchError> {
        let tpu = tp as usize;
        if tpu >= self.max_clusters {
            return Err(MatchError::TooComplex);
        }
        self.budget.spend(tot as usize * 4 + tpu)?;
        self.budget.effort.clusters = tpu + 1;
        let mut ends: [Ids; 2] = [[0; 3]; 2];

        let mut avn = [0i32; 5];
        let (mut pa, mut pb, mut pc, mut pd) = (0i32, 0i32, 0i32, 0i32);

        for i in 0..tot {
            let idx = (self.y[i as usize] - 1) as usize;
            for ii in 1..4 {
                let kk = (ii * ii - ii + 2) / 2 - 1;
                let jj = colp.at(idx as i32, kk);
                match ii {
                    1 => {
                        if colp.at(idx as i32, 0) < 0 {
                            pd += colp.at(idx as i32, 0);
                            pb += 1;
                        } else {
                            pa += colp.at(idx as i32, 0);
                            pc += 1;
                        }
                    }
                    2 => {
                        // `wrapping_add`, matching the reference's `int` centroid accumulation: an
                        // out-of-contract extreme coordinate wraps as the C does instead of
                        // panicking under overflow-checks; in-contract image coordinates never wrap.
                        avn[1] = avn[1].wrapping_add(probe.x[(jj - 1) as usize]);
                        avn[2] = avn[2].wrapping_add(probe.y[(jj - 1) as usize]);
                    }
                    _ => {
                        avn[3] = avn[3].wrapping_add(gallery.x[(jj - 1) as usize]);
                        avn[4] = avn[4].wrapping_add(gallery.y[(jj - 1) as usize]);
                    }
                }
            }
            // build the two endpoint sets
            for (ii, set) in ends.iter_mut().enumerate() {
                for jj in 1..3usize {
                    let p1 = colp.at(idx as i32, (2 * ii + jj) as i32);
                    set[p1 as usize / 64] |= 1 << (p1 % 64);
                }
            }
        }

        if pb == 0 {
            pb = 1;
        } else if pc == 0 {
            pc = 1;
        }
        let mut fi = pa as f32 / pc as f32 - pd as f32 / pb as f32;
        if fi > 180.0 {
            fi = (pa + pd + pb * 360) as f32 / tot as f32;
            if fi > 180.0 {
                fi -= 360.0;
            }
        } else {
            fi = (pa + pd) as f32 / tot as f32;
        }
        let mut rot = round_half_away(fi);
        if rot <= -180 {
            rot += 360;
        }

        let avv_tp = [rot, avn[1] / tot, avn[2] / tot, avn[3] / tot, avn[4] / tot];
        let new = avv_tp;
        self.avv.push(avv_tp.map(|value| value as i16));
        self.ct.push(tot);
        self.gct.push(tot);
        if tot > *match_score {
            *match_score = tot;
        }
        self.yy.push(ends);

        for ii in 0..tp {
            let iiu = ii as usize;
            let old = self.avv[iiu].map(i32::from);
            // rotation gate
            let diff = new[0] - old[0];
            if diff * diff > TXS && diff * diff < CTXS {
                continue;
            }
            // centroid distance-ratio gate. `wrapping_sub` matching the reference `int`: two
            // centroids from out-of-contract extreme coordinates can differ by more than i32 spans,
            // and the square below is taken in i64; for in-contract coordinates nothing wraps.
            let cl = new[1].wrapping_sub(old[1]);
            let cj = new[2].wrapping_sub(old[2]);
            let ck = new[3].wrapping_sub(old[3]);
            let cji = new[4].wrapping_sub(old[4]);
            // Squared in i64 so far-apart centroids cannot overflow the multiply; the sum feeds an
            // f32, and for in-range coordinates the widened value is the same integer.
            let tt = (i64::from(cl) * i64::from(cl) + i64::from(cj) * i64::from(cj)) as f32;
            let ai = (i64::from(cji) * i64::from(cji) + i64::from(ck) * i64::from(ck)) as f32;
            let fi2 = (2.0_f32 * TK) * (tt + ai);
            let dz = tt - ai;
            if dz * dz > fi2 * fi2 {
                continue;
            }
            // connecting-vector angle consistency
            let ang_p = vector_angle(cj, cl);
            let ang_g = vector_angle(cji, ck);
            let (mut ppa, mut ppb, mut ppc, mut ppd) = (0i32, 0i32, 0i32, 0i32);
            if new[0] < 0 {
                ppd += new[0];
                ppb += 1;
            } else {
                ppa += new[0];
                ppc += 1;
            }
            if old[0] < 0 {
                ppd += old[0];
                ppb += 1;
            } else {
                ppa += old[0];
                ppc += 1;
            }
            if ppb == 0 {
                ppb = 1;
            } else if ppc == 0 {
                ppc = 1;
            }
            let mut fi3 = ppa as f32 / ppc as f32 - ppd as f32 / ppb as f32;
            if fi3 > 180.0 {
                fi3 = (ppa + ppd + ppb * 360) as f32 / 2.0;
                if fi3 > 180.0 {
                    fi3 -= 360.0;
                }
            } else {
                fi3 = (ppa + ppd) as f32 / 2.0;
            }
            let mut pbr = round_half_away(fi3);
            if pbr <= -180 {
                pbr += 360;
            }
            let par = iangle180(ang_p - ang_g);
            let kk = (pbr - par) * (pbr - par);
            // PORT: the committed reference form is `kk > TXS && kk < CTXS` (a source comment notes
            // the `SQUARED(kk)` was a typo); reproduced as committed.
            if kk > TXS && kk < CTXS {
                continue;
            }
            // endpoint-disjointness: merge only if the clusters share no endpoint on either side
            let mut found = false;
            for side in 0..2usize {
                if sets_intersect(&self.yy[iiu][side], &self.yy[tpu][side]) {
                    found = true;
                    break;
                }
            }
            if !found {
                self.gct[iiu] += self.ct[tpu];
                if self.gct[iiu] > *match_score {
                    *match_score = self.gct[iiu];
                }
                if self.ctp.len() == self.max_links {
                    return Err(MatchError::TooComplex);
                }
                self.ctp.push((iiu as u16, tpu as u16));
                self.budget.effort.links = self.ctp.len();
            }
        }
        Ok(())
    }

    /// (7) Advance the mixed-radix odometer to the next endpoint-pairing combination.
    ///
    /// Returns `true` if a further combination remains for this seed (the reference's `j >= 0`
    /// loop condition), applying the selected pairings into `tq`/`rq` as it goes.
    fn odometer(&mut self, ww: &mut i32) -> Result<bool, MatchError> {
        let mut i = 0i32;
        let mut j = *ww - 1;
        while i >= 0 && j >= 0 {
            self.budget.spend(GROUPS)?;
            if self.nn[j as usize] < self.mm[j as usize] {
                self.nn[j as usize] += 1;
                i = *ww - 1;
                while i >= 0 {
                    let rt = self.rx[i as usize];
                    if rt < 0 {
                        let rt = -rt - 1;
                        let z = self.rf[i as usize][(self.nn[i as usize] - 1) as usize] - 1;
                        if (self.tq[z as usize] != rt + 1 && self.tq[z as usize] != 0)
                            || (self.rq[rt as usize] != z + 1 && self.rq[rt as usize] != 0)
                        {
                            break;
                        }
                        self.tq[z as usize] = rt + 1;
                        self.rq[rt as usize] = z + 1;
                        self.rr[i as usize] = z + 1;
                    } else {
                        let rt = rt - 1;
                        let z = self.cf[i as usize][(self.nn[i as usize] - 1) as usize] - 1;
                        if (self.tq[rt as usize] != z + 1 && self.tq[rt as usize] != 0)
                            || (self.rq[z as usize] != rt + 1 && self.rq[z as usize] != 0)
                        {
                            break;
                        }
                        self.tq[rt as usize] = z + 1;
                        self.rq[z as usize] = rt + 1;
                        self.rr[i as usize] = rt + 1;
                    }
                    i -= 1;
                }
                if i >= 0 {
                    for z in (i + 1)..*ww {
                        let n = self.rr[z as usize] - 1;
                        if self.tq[n as usize] > 0 {
                            self.rq[(self.tq[n as usize] - 1) as usize] = 0;
                            self.tq[n as usize] = 0;
                        }
                    }
                    j = *ww - 1;
                }
            } else {
                self.nn[j as usize] = 1;
                j -= 1;
            }
        }
        Ok(j >= 0)
    }

    /// Whether cluster `ii` lists the cluster `tp`, `ii <= tp`, as itself or as compatible.
    fn compatible(&self, ii: usize, tp: usize) -> bool {
        ii == tp || self.ctp.binary_search(&(ii as u16, tp as u16)).is_ok()
    }

    fn searched(&mut self, entries: usize) {
        let effort = &mut self.budget.effort;
        effort.search = effort.search.max(entries);
    }

    /// `bz_final_loop`: the maximum total edge count over a mutually-compatible cluster set.
    ///
    /// PORT: the reference keeps the candidates of each depth in a column of a square table
    /// (`sct`), as long and as wide as there are clusters. Only the columns of the present path are
    /// ever read, so here they are runs of one stack: `sct[base[t]..][..y[t]]` is column `t`.
    fn final_loop(&mut self, tp: i32) -> Result<i32, MatchError> {
        let tp = tp as usize;
        self.budget.spend_sort(self.ctp.len())?;
        self.ctp.sort_unstable();
        if self.max_search == 0 {
            return Err(MatchError::TooComplex);
        }
        let mut sct: Secret<u16> = room(self.max_search)?;
        // A column is shorter than the one before it, and none is empty.
        let mut base: Secret<u32> = room(tp + 1)?;
        let mut y: Secret<u16> = room(tp + 1)?;
        let mut cp: Secret<u16> = room(tp + 1)?;

        let mut match_score = 0i32;
        for ii in 0..tp {
            self.budget.spend(1)?;
            if match_score >= self.gct[ii] {
                continue;
            }
            sct.clear();
            sct.push(ii as u16);
            self.budget.spend(16)?;
            let first = self.ctp.partition_point(|&(of, _)| usize::from(of) < ii);
            for &(of, member) in &self.ctp[first..] {
                if usize::from(of) != ii {
                    break;
                }
                self.budget.spend(1)?;
                if sct.len() == self.max_search {
                    return Err(MatchError::TooComplex);
                }
                sct.push(member);
            }

            self.searched(sct.len());
            base.clear();
            y.clear();
            cp.clear();
            base.push(0);
            y.push(sct.len() as u16);
            cp.push(1);
            // `b` columns before the present one are summed by their first member, and the present
            // one from its member `n - 1` on.
            let mut b = 0usize;
            let mut n = 1usize;
            while let Some(t) = y.len().checked_sub(1) {
                let (start, len, at) = (base[t] as usize, usize::from(y[t]), usize::from(cp[t]));
                self.budget.spend(1 + len)?;
                if len > at + 1 {
                    // The members of column `t` from `at` on that `k` is compatible with: `k`
                    // itself is one, and the others are later clusters.
                    let k = usize::from(sct[start + at]);
                    self.budget.spend(16 * (len - at))?;
                    for i in start + at..start + len {
                        let member = usize::from(sct[i]);
                        if self.compatible(k, member) {
                            if sct.len() == self.max_search {
                                return Err(MatchError::TooComplex);
                            }
                            sct.push(member as u16);
                        }
                    }
                    self.searched(sct.len());
                    base.push((start + len) as u32);
                    y.push((sct.len() - start - len) as u16);
                    cp.push(1);
                    b = t + 1;
                    n = 1;
                } else {
                    self.budget.spend(b)?;
                    let mut tot = 0i32;
                    for i in n - 1..len {
                        tot += self.ct[usize::from(sct[start + i])];
                    }
                    for column in &base[..b] {
                        tot += self.ct[usize::from(sct[*column as usize])];
                    }
                    match_score = match_score.max(tot);
                    b = t;
                    base.pop();
                    y.pop();
                    cp.pop();
                    sct.truncate(start);
                    if let Some(last) = cp.last_mut() {
                        *last += 1;
                        n = usize::from(y[t - 1]);
                    }
                }
            }
        }
        Ok(match_score)
    }
}

/// The reference's connecting-vector angle: `(180/PI)*atanf(num/den)` with the sign/offset
/// correction folded to `(-180, 180]`, or the `±90` degenerate case when `den == 0`. Default
/// (non-`m1`) sign convention.
fn vector_angle(num: i32, den: i32) -> i32 {
    if den != 0 {
        let mut fi = (180.0_f32 / core::f32::consts::PI) * libm::atanf((num as f32) / (den as f32));
        if fi < 0.0 {
            fi += if den < 0 { 180.5 } else { -0.5 };
        } else {
            fi += if den < 0 { -180.5 } else { 0.5 };
        }
        let mut a = fi as i32;
        if a <= -180 {
            a += 360;
        }
        a
    } else if num > 0 {
        90
    } else {
        -90
    }
}

/// Whether two sets share any element (equivalent to the reference's two-pointer endpoint-overlap
/// walk over sorted lists).
fn sets_intersect(a: &Ids, b: &Ids) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

/// The compatibility table, read as the reference's `int` columns.
struct Table<'a>(&'a [ColpRow]);

impl Table<'_> {
    #[inline]
    fn at(&self, row: i32, column: i32) -> i32 {
        i32::from(self.0[row as usize][column as usize])
    }

    /// The far end of an edge pair, `(probe_j, gallery_b)`, and its row.
    fn far_end(&self, row: u16) -> (i32, i32, i32) {
        let row = i32::from(row);
        (self.at(row, 2), self.at(row, 4), row)
    }
}

/// One list of alternative pairings for each endpoint-conflict group. A list holds each minutia id
/// at most once.
fn alternatives(ends: usize) -> Result<[Secret<i32>; GROUPS], MatchError> {
    let mut lists: [Secret<i32>; GROUPS] = Default::default();
    for list in &mut lists {
        *list = zeros(ends)?;
    }
    Ok(lists)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_COORDINATE;

    /// [`vector_angle`] is `atan2(num, den)` in whole degrees, folded to `(-180, 180]` — with two
    /// details that the name does not carry, both pinned below: the `den == 0` degenerate answers
    /// `-90` for `num == 0` as well as for `num < 0`, and `(0, negative)` reaches `180` only via the
    /// `a <= -180` wrap.
    #[test]
    fn vector_angle_is_atan2_in_whole_degrees() {
        for (num, den, want) in [
            // den == 0: the two degenerate arms. `num > 0` is the only route to +90, so the
            // origin — no direction at all — answers -90 rather than 0.
            (1, 0, 90),
            (1000, 0, 90),
            (0, 0, -90),
            (-1, 0, -90),
            // den > 0: ROUND(atan) straight through, both signs of num.
            (0, 10, 0),
            (10, 10, 45),
            (-10, 10, -45),
            (10, 1, 84),
            (-10, 1, -84),
            // den < 0: ±180.5 folds the answer into the correct half-plane.
            (10, -10, 135),
            (-10, -10, -135),
            (10, -1, 96),
            (-10, -1, -96),
            // The `a <= -180` wrap: -180.5 truncates to -180, which is out of the half-open range
            // and is corrected to +180. Without the wrap this pair alone would be -180.
            (0, -10, 180),
        ] {
            assert_eq!(vector_angle(num, den), want, "vector_angle({num}, {den})");
        }
    }

    /// The whole range, against an independent `atan2` oracle: the reference's `atan`-plus-offset
    /// ladder computes the same angle as `atan2` on every direction, the origin excepted.
    ///
    /// A total statement over the directions, so it is worth more than the table above — but the
    /// table stays, because this oracle rounds the same way by construction and would not catch a
    /// changed rounding rule.
    #[test]
    fn vector_angle_agrees_with_atan2_on_every_direction() {
        for num in -60..=60 {
            for den in -60..=60 {
                if num == 0 && den == 0 {
                    continue; // no direction; the table above pins the -90 answer.
                }
                let exact = f64::from(num).atan2(f64::from(den)).to_degrees();
                let mut want = round_half_away(exact as f32);
                if want <= -180 {
                    want += 360;
                }
                assert_eq!(
                    vector_angle(num, den),
                    want,
                    "vector_angle({num}, {den}): atan2 says {exact}"
                );
            }
        }
    }

    /// The centroid — `avn[k] / tot` — is an `i32` division, so it **truncates toward
    /// zero**, not toward negative infinity.
    ///
    /// This is the one fact `tests/properties.rs` needs to be honest about translation invariance:
    /// shifting a print by `d` shifts its centroid by exactly `d` only while the coordinate sum
    /// keeps its sign. Where the sum crosses zero, truncation flips from `ceil` to `floor` and the
    /// centroid moves by `d ± 1` — so that test scopes itself to non-negative coordinates and
    /// non-negative shifts, and says why.
    #[test]
    fn centroid_division_truncates_toward_zero() {
        assert_eq!(-7 / 2, -3, "toward zero; floor would be -4");
        // The shift identity translation invariance rests on, and the sign change that breaks it.
        assert_eq!(
            (7 + 2 * 5) / 2,
            7 / 2 + 5,
            "a sum that stays non-negative shifts exactly"
        );
        assert_ne!(
            (-7 + 2 * 5) / 2,
            -7 / 2 + 5,
            "a sum that crosses zero does not: truncation changes direction with the sign"
        );
    }

    /// Whole degrees by `libm` are those of the exact angle, for every direction whose exact angle
    /// is not next to a half degree. There NBIS itself rounds as the platform's
    /// `atanf` happens to (723/134 is 79.50000023 degrees: glibc 2.36 and 2.41 disagree).
    #[test]
    fn whole_degrees_are_exact_but_at_half_degrees() {
        let check = |num: i32, den: i32| {
            let exact = f64::from(num).atan2(f64::from(den)).to_degrees();
            if (exact.abs().fract() - 0.5).abs() > 1e-4 {
                let want = if exact.round() <= -180.0 {
                    180
                } else {
                    exact.round() as i32
                };
                assert_eq!(vector_angle(num, den), want, "{num}/{den}");
            }
        };
        for den in 1..=MAX_COORDINATE {
            for degrees in 0..90 {
                let edge = f64::from(den) * (f64::from(degrees) + 0.5).to_radians().tan();
                for num in edge as i32 - 1..=(edge as i32 + 1).min(MAX_COORDINATE) {
                    for (num, den) in [(num, den), (-num, den), (num, -den), (-num, -den)] {
                        check(num, den);
                    }
                }
            }
        }
    }

    /// Two sets share an element, or they do not. The empty set shares nothing — including with
    /// itself, which is what makes a cluster with no endpoints on one side mergeable.
    #[test]
    fn sets_intersect_finds_a_shared_endpoint() {
        let ids = |list: &[i32]| {
            let mut set: Ids = [0; 3];
            for id in list {
                set[*id as usize / 64] |= 1 << (id % 64);
            }
            set
        };
        assert!(sets_intersect(&ids(&[1, 5, 150]), &ids(&[5])));
        assert!(sets_intersect(&ids(&[1, 64]), &ids(&[64, 65])));
        assert!(sets_intersect(&ids(&[128, 150]), &ids(&[63, 150])));
        assert!(
            !sets_intersect(&ids(&[1, 65, 129]), &ids(&[2, 64, 128])),
            "interleaved but disjoint"
        );
        assert!(!sets_intersect(&ids(&[]), &ids(&[])));
        assert!(!sets_intersect(&ids(&[1, 2]), &ids(&[])));
    }
}

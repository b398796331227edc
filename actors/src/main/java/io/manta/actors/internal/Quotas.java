package io.manta.actors.internal;

import io.manta.core.ActorOptions;
import io.manta.core.InfeasibleException;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.TaskOptions;
import io.manta.scheduler.JobQuota;
import io.manta.scheduler.QuotaShare;
import io.manta.scheduler.QuotaShares;
import io.manta.scheduler.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The quotas of jobs as this process has to do with them: it divides that of its own job, if that
/// has one, and has parts of those of which it runs work.
final class Quotas {
  private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);
  private static final long TICK_MILLIS = 100;

  private final MantaRuntime runtime;
  private final @Nullable JobQuota own;
  private final QuotaShares shares;

  /// Those that are about to be reported, with all that changes until then.
  private final Set<JobId> reporting = ConcurrentHashMap.newKeySet();

  /// @param quota of this process's own job; nothing when it has none
  Quotas(MantaRuntime runtime, Resources quota) {
    this.runtime = runtime;
    this.own = quota.isEmpty() ? null : new JobQuota(quota, System::nanoTime);
    this.shares = new QuotaShares(this::isOver, this::changed, System::nanoTime);
  }

  QuotaShares shares() {
    return shares;
  }

  void begin() {
    runtime
        .timer()
        .scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private boolean isOver(JobId job) {
    return runtime.hasEnded(job) || runtime.cluster().isGone(job.driver());
  }

  void jobEnded(JobId job) {
    shares.end(job);
  }

  // What this process has

  private void tick() {
    try {
      if (!shares.isEmpty()) {
        runtime.admission().resourcesFreed(); // what still waits says so again
        shares.forEach(this::tick);
      }
    } catch (RuntimeException e) {
      LOG.warn("a periodic look at the quotas failed", e);
    }
  }

  private void tick(JobId job, QuotaShare share) {
    if (!runtime.cluster().isAlive(job.driver())) {
      shares.liftAfter(job, share, runtime.config().joinTimeout().toNanos());
    }
    if (share.tick()) {
      changed(job);
    }
  }

  /// From another thread, since it may be called under a lock.
  private void changed(JobId job) {
    if (reporting.add(job)) {
      runtime.callbacks().execute(() -> report(job));
    }
  }

  private void report(JobId job) {
    reporting.remove(job);
    QuotaShare share = shares.find(job);
    if (share != null && runtime.cluster().isAlive(job.driver())) {
      runtime.cluster().send(job.driver(), new Message.ReportQuota(share.report()));
    } // else it is reported again
  }

  void answered(JobId job, JobQuota.Answer answer) {
    QuotaShare share = shares.find(job);
    if (share == null) {
      return;
    }
    boolean granted = share.answered(answer);
    if (granted) {
      runtime.admission().resourcesFreed();
    }
    boolean returned = share.tick();
    if (granted || returned) {
      changed(job);
    }
  }

  // What is this process's own

  void reported(NodeId process, QuotaShare.Report report) {
    if (own == null || runtime.cluster().isGone(process)) {
      return;
    }
    tell(own.reported(process, report));
    if (runtime.cluster().isGone(process)) {
      nodeDied(process); // since it was looked at
    }
  }

  void nodeDied(NodeId process) {
    if (own != null) {
      tell(own.gone(process));
    }
  }

  private void tell(List<JobQuota.Told> all) {
    all.forEach(told -> runtime.cluster().send(told.to(), new Message.QuotaAnswer(told.answer())));
  }

  // What users see

  /// Refuses what asks for more than the quota of the job whose work this thread does.
  ///
  /// @param what asks
  void check(Resources asked, String what) {
    Resources quota = Setting.current(runtime).quota();
    if (!quota.cover(asked.only(quota))) {
      String name =
          quota.names().stream()
              .filter(limited -> quota.units(limited) < asked.units(limited))
              .findFirst()
              .orElseThrow();
      throw new InfeasibleException(
          "%s that asks for %s can never have that: the quota of its job is %s (job-quota); ask for less, or raise the quota"
              .formatted(
                  what,
                  Resources.describe(name, asked.units(name)),
                  Resources.describe(name, quota.units(name))));
    }
  }

  TaskOptions checked(TaskOptions options) {
    check(options.resources(), "a task");
    return options;
  }

  /// In a group it has what the group was given.
  ActorOptions checked(ActorOptions options) {
    if (options.scheduling().group().isEmpty()) {
      check(options.placement(), "an actor");
      check(options.resources(), "an actor");
    }
    return options;
  }

  /// Why work of a shape waits, when that is for the quota of its job, as far as is known here.
  Optional<String> whyWaiting(Shape shape) {
    return usage(shape)
        .flatMap(usage -> JobQuota.lacking(shape.quota(), usage.inUse(), shape.resources()));
  }

  /// Whether actors and placement groups of the job keep too much of its quota for that.
  boolean isKeptFrom(Shape shape) {
    return usage(shape)
        .flatMap(usage -> JobQuota.lacking(shape.quota(), usage.kept(), shape.resources()))
        .isPresent();
  }

  private Optional<JobQuota.Usage> usage(Shape shape) {
    if (shape.quota().isEmpty()) {
      return Optional.empty();
    }
    return own != null && shape.job().equals(runtime.job())
        ? Optional.of(own.usage())
        : Optional.ofNullable(shares.find(shape.job())).map(QuotaShare::usage);
  }

  /// What is left of the quotas now.
  Budget budget() {
    return new Budget();
  }

  private Resources left(Shape shape) {
    return usage(shape).map(usage -> shape.quota().minus(usage.inUse())).orElseGet(shape::quota);
  }

  /// Divides what is left of quotas among what waits.
  final class Budget {
    private final Map<JobId, Resources> left = new HashMap<>();

    /// How many of so many pieces of work there is enough left for, which is not there any more
    /// then.
    int take(Shape shape, int most) {
      if (shape.quota().isEmpty()) {
        return most;
      }
      Resources part = shape.resources().only(shape.quota());
      Resources now = left.computeIfAbsent(shape.job(), job -> left(shape));
      int count = QuotaShare.fits(now, Resources.NONE, part, most);
      left.put(shape.job(), now.minus(part.times(count)));
      return count;
    }
  }
}

package io.manta.scheduler;

import io.manta.core.JobId;
import io.manta.core.Resources;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What a process may use of the quotas of jobs: one [QuotaShare] for each that has one and of
/// which work has come. Others cost a look at their shape.
public final class QuotaShares {
  private final ConcurrentHashMap<JobId, QuotaShare> shares = new ConcurrentHashMap<>();
  private final Predicate<JobId> isOver;
  private final Consumer<JobId> changed;
  private final LongSupplier clock;

  /// @param isOver whether a job has ended: what outlives it is not limited
  /// @param changed called when there is something to report of a job, under a lock
  public QuotaShares(Predicate<JobId> isOver, Consumer<JobId> changed, LongSupplier clock) {
    this.isOver = isOver;
    this.changed = changed;
    this.clock = clock;
  }

  /// That of a shape's job; null when it has none.
  public @Nullable QuotaShare of(Shape shape) {
    Resources quota = shape.quota();
    if (quota.isEmpty()) {
      return null;
    }
    JobId job = shape.job();
    QuotaShare share = shares.get(job);
    if (share != null || isOver.test(job)) {
      return share;
    }
    share =
        shares.computeIfAbsent(
            job, missing -> new QuotaShare(quota, clock, () -> changed.accept(job)));
    if (isOver.test(job)) {
      end(job); // since it was looked at
    }
    return share;
  }

  /// That of a job of which work has taken something; null when it has none.
  public @Nullable QuotaShare find(JobId job) {
    return isEmpty() ? null : shares.get(job);
  }

  public boolean isEmpty() {
    return shares.isEmpty();
  }

  public void forEach(BiConsumer<JobId, QuotaShare> consumer) {
    shares.forEach(consumer);
  }

  /// A job is over.
  public void end(JobId job) {
    QuotaShare share = shares.remove(job);
    if (share != null) {
      share.lift();
    }
  }

  /// A job is taken to be over of which nothing is known although work of it came so long ago.
  public void liftAfter(JobId job, QuotaShare share, long nanos) {
    if (clock.getAsLong() - share.madeNanos() > nanos) {
      share.lift();
    }
  }
}

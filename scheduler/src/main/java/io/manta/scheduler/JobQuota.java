package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// The quota of a job in the process whose job it is: the most that the job may have in use at a
/// time in the whole cluster. Each process has a part of it, a [QuotaShare], and the parts are
/// never more than the quota together: what a process may have was granted to it and counts until
/// it says that it has given it back, or is gone. Safe for use by many threads.
///
/// What is free goes to what is most urgent; when there is too little for that, it is held for it,
/// unless what does not end by itself, such as actors, leaves too little for ever. A process is
/// granted something only when it has heard of what was granted before, so an answer that is lost
/// can be repeated.
public final class JobQuota {
  /// What a process is told.
  ///
  /// @param version the higher, the later
  /// @param number of the last grant to it
  /// @param granted by that, when it has not said that it knows; else nothing
  /// @param usage by all processes
  /// @param othersWait whether others wait for what it has
  public record Answer(
      long version, long number, Resources granted, Usage usage, boolean othersWait) {}

  /// What all processes have.
  ///
  /// @param inUse whether they use it or not
  /// @param kept of it by what does not end by itself
  public record Usage(Resources inUse, Resources kept) {
    static final Usage NONE = new Usage(Resources.NONE, Resources.NONE);
  }

  /// An answer, and to whom.
  public record Told(NodeId to, Answer answer) {}

  /// What one process has of the quota.
  private static final class Part {
    private final NodeId process;
    private Resources held = Resources.NONE;

    /// The last grant, until it is known to have arrived.
    private Resources underWay = Resources.NONE;

    private Resources kept = Resources.NONE;
    private long grants;
    private List<QuotaShare.Wish> wishes = List.of();
    private long reportedNanos;
    private boolean othersWait;
    private boolean isToBeTold;

    Part(NodeId process) {
      this.process = process;
    }

    void reported(QuotaShare.Report report, long now) {
      isToBeTold = true;
      long known = underWay.isEmpty() ? grants : grants - 1;
      if (report.heard() < known) {
        return; // it is late: what it says was so before a grant that has arrived since
      }
      if (report.heard() == grants) {
        underWay = Resources.NONE;
      }
      held = report.held();
      kept = report.kept();
      wishes = report.wishes();
      reportedNanos = now;
    }

    void grant(Resources amounts) {
      grants++;
      underWay = amounts;
      isToBeTold = true;
    }

    Resources all() {
      return held.plus(underWay);
    }
  }

  private record Waiting(Part part, QuotaShare.Wish wish) {
    /// When it would have begun to wait if its priority were 0.
    long sinceNanos() {
      return part.reportedNanos - wish.urgencyNanos();
    }
  }

  private static final Comparator<Waiting> BY_URGENCY =
      Comparator.<Waiting, Boolean>comparing(waiting -> !waiting.wish.returning())
          .thenComparingLong(Waiting::sinceNanos);

  private final Resources total;
  private final LongSupplier clock;
  private final Map<NodeId, Part> parts = new LinkedHashMap<>();
  private long version;

  /// @param total resources that it does not name are not limited
  /// @param clock nanoseconds, as of [System#nanoTime]
  public JobQuota(Resources total, LongSupplier clock) {
    this.total = total;
    this.clock = clock;
  }

  public Resources total() {
    return total;
  }

  public synchronized Usage usage() {
    return new Usage(sum(Part::all), sum(part -> part.kept));
  }

  private Resources sum(Function<Part, Resources> of) {
    return parts.values().stream().map(of).reduce(Resources.NONE, Resources::plus);
  }

  /// A process says what it has and wants.
  ///
  /// @return whom to tell what, that process always
  public synchronized List<Told> reported(NodeId process, QuotaShare.Report report) {
    parts.computeIfAbsent(process, Part::new).reported(report, clock.getAsLong());
    return grant();
  }

  /// A process is gone, and what it had is free.
  public synchronized List<Told> gone(NodeId process) {
    return parts.remove(process) == null ? List.of() : grant();
  }

  private List<Told> grant() {
    var line = new ArrayList<Waiting>();
    for (Part part : parts.values()) {
      part.wishes.forEach(wish -> line.add(new Waiting(part, wish)));
      part.wishes = new ArrayList<>();
    }
    line.sort(BY_URGENCY);
    Usage usage = usage();
    Resources free = total.minus(usage.inUse);
    Resources possible = total.minus(usage.kept);
    Resources held = Resources.NONE;
    var grants = new LinkedHashMap<Part, Resources>();
    var unmet = new HashMap<Part, Set<Resources>>();
    for (Waiting waiting : line) {
      Part part = waiting.part;
      Resources each = waiting.wish.each();
      int count =
          part.underWay.isEmpty()
              ? QuotaShare.fits(free, held, each, waiting.wish.count())
              : 0; // its turn comes when it has heard
      if (count > 0) {
        free = free.minus(each.times(count));
        grants.merge(part, each.times(count), Resources::plus);
      }
      if (count < waiting.wish.count()) {
        part.wishes.add(waiting.wish.without(count));
        if (possible.cover(each)) {
          unmet.computeIfAbsent(part, missing -> new HashSet<>()).add(each);
          held = held.isEmpty() ? each : held;
        }
      }
    }
    grants.forEach(Part::grant);
    return answers(unmet);
  }

  /// Of a process that waits for more of one kind, the next of that kind takes over what one had;
  /// where it waits for several kinds, the most urgent is to get it.
  ///
  /// @param unmet what those ask for each that wait
  private List<Told> answers(Map<Part, Set<Resources>> unmet) {
    Usage usage = usage();
    version++;
    var answers = new ArrayList<Told>();
    for (Part part : parts.values()) {
      int own = unmet.getOrDefault(part, Set.of()).size();
      boolean othersWait = own > 1 || unmet.size() > own;
      if (part.isToBeTold || part.othersWait != othersWait) {
        part.othersWait = othersWait;
        part.isToBeTold = false;
        answers.add(
            new Told(
                part.process, new Answer(version, part.grants, part.underWay, usage, othersWait)));
      }
    }
    return answers;
  }

  /// Why there is too little left of a quota for what work asks for, in words; empty when there is
  /// enough.
  public static Optional<String> lacking(Resources total, Resources inUse, Resources asked) {
    for (String name : asked.only(total).names()) {
      long all = total.units(name);
      if (all - inUse.units(name) < asked.units(name)) {
        String used = Resources.describe(name, inUse.units(name));
        return Optional.of(
            "it asks for %s, and its job has %s of %s of its quota in use"
                .formatted(
                    Resources.describe(name, asked.units(name)),
                    used.substring(0, used.length() - name.length() - 1),
                    Resources.describe(name, all)));
      }
    }
    return Optional.empty();
  }
}

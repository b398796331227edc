package io.manta.scheduler;

import io.manta.core.GroupNames;
import io.manta.core.Resources;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the bundles of one placement group have on a node, by the names of [GroupNames]. Safe for
/// use by many threads; does not block.
///
/// What is in one bundle takes of that bundle and of the group, what is in any takes of the group:
/// so together they never have more than all bundles, and what is in one never more than that. Of
/// gpus, whoever takes gets the units of one bundle.
final class BundleAccount {
  /// @param gpu its name in this bundle
  private record Part(Reservation.Reserved reserved, String gpu, Units gpus) {}

  /// What was taken in any bundle, and which units if that is known.
  private record Anywhere(long amount, List<Integer> ids) {}

  private final GroupNames names;
  private final String anyGpu;
  private final Map<Integer, Part> bundles = new TreeMap<>();

  /// In which bundles those are who take in any.
  private final Map<Anywhere, ArrayDeque<Part>> anywhere = new HashMap<>();

  private Resources total = Resources.NONE;
  private Resources available = Resources.NONE;
  private boolean used;
  private boolean closed;

  BundleAccount(GroupNames names) {
    this.names = names;
    this.anyGpu = names.name(Resources.GPU, OptionalInt.empty());
  }

  synchronized void add(int index, Reservation.Reserved reserved) {
    if (bundles.containsKey(index)) {
      throw new IllegalStateException(
          "bundle " + index + " of placement group " + names.label() + " is here already");
    }
    long gpu = reserved.amounts().units(Resources.GPU);
    String name = names.name(Resources.GPU, OptionalInt.of(index));
    bundles.put(index, new Part(reserved, name, new Units(reserved.gpus(), gpu)));
    Resources added = names.ofBundle(index, reserved.amounts());
    total = total.plus(added);
    available = available.plus(added);
  }

  synchronized Map<Integer, Reservation.Reserved> reserved() {
    var reserved = new TreeMap<Integer, Reservation.Reserved>();
    bundles.forEach((index, part) -> reserved.put(index, part.reserved));
    return reserved;
  }

  synchronized Resources total() {
    return total;
  }

  synchronized Resources available() {
    return available;
  }

  /// The bundles are removed: nothing is taken from them any more, and nothing comes back to them.
  ///
  /// @return whether anything was ever taken
  synchronized boolean close() {
    closed = true;
    return used;
  }

  /// @param left how much of each is to be left
  synchronized boolean tryTake(Resources amounts, Resources left) {
    if (closed || !available.cover(amounts, left)) {
      return false;
    }
    long gpu = amounts.units(anyGpu);
    if (gpu > 0 && !takeGpus(amounts, gpu)) {
      return false;
    }
    available = available.minus(amounts);
    used = true;
    return true;
  }

  private boolean takeGpus(Resources amounts, long gpu) {
    Part one = bundleOf(amounts);
    if (one != null) {
      return one.gpus.take(gpu);
    }
    for (Part part : bundles.values()) {
      if (part.gpus.take(gpu)) {
        remember(gpu, List.of(), part);
        return true;
      }
    }
    return false;
  }

  /// The one bundle of which these are; null when they are of any.
  private @Nullable Part bundleOf(Resources amounts) {
    for (Part part : bundles.values()) {
      if (amounts.units(part.gpu) > 0) {
        return part;
      }
    }
    return null;
  }

  private void remember(long amount, List<Integer> ids, Part part) {
    anywhere.computeIfAbsent(new Anywhere(amount, ids), key -> new ArrayDeque<>()).push(part);
  }

  private Part recall(long amount, List<Integer> ids) {
    ArrayDeque<Part> parts = anywhere.get(new Anywhere(amount, ids));
    if (parts == null || parts.isEmpty()) {
      throw new IllegalStateException(
          "%d of the gpus %s of placement group %s were not taken"
              .formatted(amount, ids, names.label()));
    }
    return parts.pop();
  }

  synchronized void giveBack(Resources amounts) {
    if (closed) {
      return;
    }
    long gpu = amounts.units(anyGpu);
    if (gpu > 0) {
      Part one = bundleOf(amounts);
      (one == null ? recall(gpu, List.of()) : one).gpus.giveBack(gpu);
    }
    Resources after = available.plus(amounts);
    if (!total.cover(after)) {
      throw new IllegalStateException(
          "gave back " + amounts + " that was not taken: " + after + " of " + total + " free");
    }
    available = after;
  }

  synchronized List<Integer> gpus(Resources taken) {
    long gpu = taken.units(anyGpu);
    if (gpu == 0) {
      return List.of();
    }
    Part one = bundleOf(taken);
    Part part = one == null ? recall(gpu, List.of()) : one;
    List<Integer> ids = part.gpus.name(gpu);
    if (one == null) {
      remember(gpu, ids, part);
    }
    return ids;
  }

  synchronized void unusedGpus(Resources taken, List<Integer> ids) {
    long gpu = taken.units(anyGpu);
    Part one = bundleOf(taken);
    Part part = one == null ? recall(gpu, ids) : one;
    part.gpus.unname(gpu, ids);
    if (one == null) {
      remember(gpu, List.of(), part);
    }
  }
}

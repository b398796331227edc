package io.manta.scheduler;

import io.manta.core.Resources;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Which whole things of one resource, as gpus, are taken. What asks for whole ones has them alone;
/// parts share one, the fullest that has room. What was taken is known by its amount until somebody
/// asks which units it is. Safe for use by many threads; does not block.
final class Units {
  /// @param places of the units
  /// @param part taken of the last of them, 0 when all are taken whole
  private record Grant(List<Integer> places, long part) {}

  /// What users know the units by, which here go by their place.
  private final List<Integer> ids;

  private final long[] capacity;
  private final long[] free;
  private final Map<Long, ArrayDeque<Grant>> unnamed = new HashMap<>();
  private final Map<List<Integer>, ArrayDeque<Grant>> named = new HashMap<>();

  /// @param total in fixed point; the last unit may be a part of one
  Units(long total) {
    this(IntStream.range(0, count(total)).boxed().toList(), total);
  }

  /// @param ids one for each, the last for what may be a part of one
  Units(List<Integer> ids, long total) {
    int count = count(total);
    if (ids.size() != count) {
      throw new IllegalArgumentException(total + " of a unit are not " + ids);
    }
    this.ids = List.copyOf(ids);
    capacity = new long[count];
    Arrays.fill(capacity, Resources.SCALE);
    if (total % Resources.SCALE != 0) {
      capacity[count - 1] = total % Resources.SCALE;
    }
    free = capacity.clone();
  }

  private static int count(long total) {
    return (int) ((total + Resources.SCALE - 1) / Resources.SCALE);
  }

  /// Takes an amount, false when the units that are free don't allow it.
  synchronized boolean take(long amount) {
    long part = amount % Resources.SCALE;
    var places = new ArrayList<Integer>();
    for (int i = 0; i < free.length && places.size() < amount / Resources.SCALE; i++) {
      if (free[i] == Resources.SCALE) {
        places.add(i);
      }
    }
    if (places.size() < amount / Resources.SCALE) {
      return false;
    }
    if (part > 0) {
      int fullest = fullest(part, places);
      if (fullest < 0) {
        return false;
      }
      places.add(fullest);
    }
    var grant = new Grant(List.copyOf(places), part);
    change(grant, -1);
    unnamed.computeIfAbsent(amount, missing -> new ArrayDeque<>()).push(grant);
    return true;
  }

  private int fullest(long part, List<Integer> taken) {
    int fullest = -1;
    for (int i = 0; i < free.length; i++) {
      if (free[i] >= part && !taken.contains(i) && (fullest < 0 || free[i] < free[fullest])) {
        fullest = i;
      }
    }
    return fullest;
  }

  private void change(Grant grant, int sign) {
    for (int i = 0; i < grant.places.size(); i++) {
      boolean last = i == grant.places.size() - 1;
      free[grant.places.get(i)] += sign * (last && grant.part > 0 ? grant.part : Resources.SCALE);
    }
  }

  /// Gives back an amount that was taken and whose units nobody has.
  synchronized void giveBack(long amount) {
    ArrayDeque<Grant> grants = unnamed.get(amount);
    if (grants == null || grants.isEmpty()) {
      throw new IllegalStateException("gave back " + amount + " of a unit that were not taken");
    }
    change(grants.pop(), 1);
  }

  /// The units of an amount that was taken.
  synchronized List<Integer> name(long amount) {
    ArrayDeque<Grant> grants = unnamed.get(amount);
    if (grants == null || grants.isEmpty()) {
      throw new IllegalStateException("asked for " + amount + " of a unit that were not taken");
    }
    Grant grant = grants.pop();
    List<Integer> given = grant.places.stream().map(ids::get).toList();
    named.computeIfAbsent(given, missing -> new ArrayDeque<>()).push(grant);
    return given;
  }

  /// Nobody needs these units any more; the amount stays taken.
  synchronized void unname(long amount, List<Integer> given) {
    ArrayDeque<Grant> grants = named.getOrDefault(given, new ArrayDeque<>());
    long part = amount % Resources.SCALE;
    for (Grant grant : grants) {
      if (grant.part == part) {
        grants.remove(grant);
        unnamed.computeIfAbsent(amount, missing -> new ArrayDeque<>()).push(grant);
        return;
      }
    }
    throw new IllegalStateException("units " + given + " were not asked for");
  }
}

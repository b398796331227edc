package io.manta.objects.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/// Which bytes of this process's segments are free. Takes the smallest hole that fits and joins
/// neighbours when bytes come back. Large objects and small ones have segments of their own, so
/// that a small object doesn't keep the memory of a large one from being used as a whole again. Not
/// thread-safe.
final class Space {
  private static final Comparator<Range> BY_POSITION =
      Comparator.<Range>comparingLong(hole -> hole.segment().number())
          .thenComparingLong(Range::offset);

  private record Size(long length, long segment, long offset) {
    private static final Comparator<Size> ORDER =
        Comparator.comparingLong(Size::length)
            .thenComparingLong(Size::segment)
            .thenComparingLong(Size::offset);

    private static Size of(Range hole) {
      return new Size(hole.length(), hole.segment().number(), hole.offset());
    }
  }

  private final NavigableSet<Range> byPosition = new TreeSet<>(BY_POSITION);
  private final NavigableMap<Size, Range> small = new TreeMap<>(Size.ORDER);
  private final NavigableMap<Size, Range> large = new TreeMap<>(Size.ORDER);
  private final Map<Segment, Long> emptySince = new HashMap<>();
  private long freeSmall;

  /// Free bytes in the segments of small objects.
  long freeSmall() {
    return freeSmall;
  }

  /// Takes bytes from a segment for small objects, or from one for large ones.
  Optional<Range> take(long length, boolean shared) {
    Map.@Nullable Entry<Size, Range> smallest =
        (shared ? small : large).ceilingEntry(new Size(length, 0, 0));
    if (smallest == null) {
      return Optional.empty();
    }
    Range hole = smallest.getValue();
    remove(hole);
    emptySince.remove(hole.segment());
    if (hole.length() > length) {
      add(new Range(hole.segment(), hole.offset() + length, hole.length() - length));
    }
    return Optional.of(new Range(hole.segment(), hole.offset(), length));
  }

  /// Puts a new segment to use: its first bytes are taken, the rest is free.
  Range add(Segment segment, long taken) {
    if (segment.length() > taken) {
      add(new Range(segment, taken, segment.length() - taken));
    }
    return new Range(segment, 0, taken);
  }

  void give(Range range, long now) {
    Range joined = range;
    @Nullable Range before = byPosition.lower(range);
    if (before != null && before.segment() == range.segment() && before.end() == range.offset()) {
      remove(before);
      joined = new Range(range.segment(), before.offset(), before.length() + joined.length());
    }
    @Nullable Range after = byPosition.higher(range);
    if (after != null && after.segment() == range.segment() && after.offset() == range.end()) {
      remove(after);
      joined = new Range(range.segment(), joined.offset(), joined.length() + after.length());
    }
    add(joined);
    if (joined.length() == range.segment().length()) {
      emptySince.put(range.segment(), now);
    }
  }

  /// Takes out segments without objects.
  List<Segment> removeEmpty(LongPredicate emptySince) {
    var removed = new ArrayList<Segment>();
    this.emptySince
        .entrySet()
        .removeIf(
            entry -> {
              boolean remove = emptySince.test(entry.getValue());
              if (remove) {
                Segment segment = entry.getKey();
                remove(new Range(segment, 0, segment.length()));
                removed.add(segment);
              }
              return remove;
            });
    return removed;
  }

  private void add(Range hole) {
    byPosition.add(hole);
    bySize(hole).put(Size.of(hole), hole);
    freeSmall += hole.segment().shared() ? hole.length() : 0;
  }

  private void remove(Range hole) {
    byPosition.remove(hole);
    bySize(hole).remove(Size.of(hole));
    freeSmall -= hole.segment().shared() ? hole.length() : 0;
  }

  private NavigableMap<Size, Range> bySize(Range hole) {
    return hole.segment().shared() ? small : large;
  }
}

package io.manta.serve.internal;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Members by the number of calls that each has, to take the one with the fewest; among equals the
/// one that has waited longest. Takes constant time however many members there are. Not safe for
/// use by many threads.
final class LeastLoaded<T> {
  /// A member and its place. Owned by the `LeastLoaded` that made it.
  static final class Member<T> {
    private final T value;
    private int load;
    private boolean present;
    private @Nullable Member<T> before;
    private @Nullable Member<T> after;

    private Member(T value) {
      this.value = value;
    }

    T value() {
      return value;
    }

    /// The calls it has.
    int load() {
      return load;
    }
  }

  /// Present members of one load, a doubly linked list.
  private static final class Rank<T> {
    private @Nullable Member<T> first;
    private @Nullable Member<T> last;

    void append(Member<T> member) {
      member.before = last;
      member.after = null;
      if (last == null) {
        first = member;
      } else {
        last.after = member;
      }
      last = member;
    }

    void unlink(Member<T> member) {
      if (member.before == null) {
        first = member.after;
      } else {
        member.before.after = member.after;
      }
      if (member.after == null) {
        last = member.before;
      } else {
        member.after.before = member.before;
      }
      member.before = null;
      member.after = null;
    }
  }

  private final int limit;
  private final List<Rank<T>> ranks = new ArrayList<>();
  private int lowest;

  /// @param limit calls that a member may have
  LeastLoaded(int limit) {
    this.limit = limit;
  }

  /// A member that is absent until [#enter].
  Member<T> member(T value) {
    return new Member<>(value);
  }

  /// Makes a member available. Has no effect on one that is present.
  void enter(Member<T> member) {
    if (!member.present) {
      member.present = true;
      link(member);
    }
  }

  /// Withdraws a member. Calls that it has are still to be given back by [#release].
  ///
  /// @return whether it was present
  boolean leave(Member<T> member) {
    boolean present = member.present;
    if (present) {
      unlink(member);
      member.present = false;
    }
    return present;
  }

  /// The present member with the fewest calls, with one more; null when all present ones are at the
  /// limit.
  @Nullable Member<T> acquire() {
    while (lowest < ranks.size()) {
      Member<T> member = ranks.get(lowest).first;
      if (member != null) {
        unlink(member);
        member.load++;
        link(member);
        return member;
      }
      lowest++;
    }
    return null;
  }

  /// Takes one call from a member.
  void release(Member<T> member) {
    if (member.present) {
      unlink(member);
    }
    member.load--;
    if (member.present) {
      link(member);
    }
  }

  /// A member at the limit is in no rank.
  private void link(Member<T> member) {
    if (member.load >= limit) {
      return;
    }
    while (ranks.size() <= member.load) {
      ranks.add(new Rank<>());
    }
    ranks.get(member.load).append(member);
    lowest = Math.min(lowest, member.load);
  }

  private void unlink(Member<T> member) {
    if (member.load < limit) {
      ranks.get(member.load).unlink(member);
    }
  }
}

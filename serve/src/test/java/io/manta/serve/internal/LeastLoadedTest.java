package io.manta.serve.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.serve.internal.LeastLoaded.Member;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeastLoadedTest {
  @Test
  void shouldTakeTurnsAmongEquals() {
    var members = new LeastLoaded<String>(10);
    Stream.of("a", "b", "c").map(members::member).forEach(members::enter);

    assertThat(Stream.generate(members::acquire).limit(6).map(Member::value))
        .containsExactly("a", "b", "c", "a", "b", "c");
  }

  @Test
  void shouldTakeTheMemberWithTheFewestCalls() {
    var members = new LeastLoaded<String>(10);
    Member<String> busy = members.member("busy");
    Member<String> idle = members.member("idle");
    members.enter(busy);
    members.acquire();
    members.acquire();
    members.enter(idle);

    assertThat(members.acquire()).isSameAs(idle);
    assertThat(members.acquire()).isSameAs(idle);
    members.release(busy);
    assertThat(members.acquire()).isSameAs(busy);
  }

  @Test
  void shouldGiveNoneWhenAllAreAtTheLimit() {
    var members = new LeastLoaded<String>(2);
    Member<String> only = members.member("only");
    members.enter(only);
    members.acquire();
    members.acquire();

    assertThat(members.acquire()).isNull();
    members.release(only);
    assertThat(members.acquire()).isSameAs(only);
  }

  @Test
  void shouldKeepCountingTheCallsOfAnAbsentMember() {
    var members = new LeastLoaded<String>(2);
    Member<String> member = members.member("a");
    members.enter(member);
    members.acquire();
    members.acquire();

    assertThat(members.leave(member)).isTrue();
    assertThat(members.leave(member)).isFalse();
    members.release(member);
    assertThat(members.acquire()).isNull();
    members.enter(member);
    assertThat(members.acquire()).isSameAs(member);
    assertThat(members.acquire()).isNull();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void shouldAgreeWithASearchOfAllMembers(long seed) {
    var random = new Random(seed);
    int limit = 1 + random.nextInt(5);
    var members = new LeastLoaded<Integer>(limit);
    List<Member<Integer>> all =
        Stream.iterate(0, i -> i + 1).limit(7).map(members::member).toList();
    Set<Member<Integer>> present = new HashSet<>();
    List<Member<Integer>> calls = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      Member<Integer> some = all.get(random.nextInt(all.size()));
      switch (random.nextInt(6)) {
        case 0 -> {
          members.enter(some);
          present.add(some);
        }
        case 1 -> assertThat(members.leave(some)).isEqualTo(present.remove(some));
        case 2, 3 -> {
          if (!calls.isEmpty()) {
            members.release(calls.remove(random.nextInt(calls.size())));
          }
        }
        default -> {
          int fewest = present.stream().mapToInt(Member::load).min().orElse(limit);
          Member<Integer> taken = members.acquire();
          if (fewest >= limit) {
            assertThat(taken).as("seed %s step %s", seed, step).isNull();
          } else {
            assertThat(taken).as("seed %s step %s", seed, step).isNotNull().isIn(present);
            assertThat(taken.load()).as("seed %s step %s", seed, step).isEqualTo(fewest + 1);
            calls.add(taken);
          }
        }
      }
    }
  }
}

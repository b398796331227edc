package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.NodeId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HoldersTest {
  private static List<Holders.Holder> some(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Holders.Holder(new NodeId(i + 1), i))
        .toList();
  }

  @Test
  void shouldNameEachHolderFirstInTurn() {
    List<Holders.Holder> all = some(3);
    var holders = new Holders(all);

    Set<Holders.Holder> first = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      List<Holders.Holder> told = holders.tell();
      assertThat(told).containsExactlyInAnyOrderElementsOf(all);
      first.add(told.getFirst());
    }

    assertThat(first).hasSize(3);
  }

  @Test
  void shouldAlwaysNameTheFirstHolderOfAll() {
    List<Holders.Holder> all = some(3 * Holders.MOST_TOLD);
    var holders = new Holders(all);

    for (int i = 0; i < all.size(); i++) {
      assertThat(holders.tell())
          .hasSize(Holders.MOST_TOLD)
          .doesNotHaveDuplicates()
          .contains(all.getFirst());
    }
  }

  @Test
  void shouldNameNobodyWhenThereIsNobody() {
    assertThat(new Holders(List.of()).tell()).isEmpty();
  }
}

package io.manta.serve.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RoutingTableTest {
  private final RoutingTable<String> table =
      new RoutingTable<>(Map.of("/models", "models", "/models/large", "large"));

  @Test
  void shouldTakeThePathItselfAndAllBelow() {
    assertThat(table.match("/models")).contains("models");
    assertThat(table.match("/models/")).contains("models");
    assertThat(table.match("/models/small/1")).contains("models");
  }

  @Test
  void shouldPreferTheLongestPrefix() {
    assertThat(table.match("/models/large")).contains("large");
    assertThat(table.match("/models/large/1")).contains("large");
    assertThat(table.match("/models/larger")).contains("models");
  }

  @Test
  void shouldNotTakePathsThatOnlyBeginAlike() {
    assertThat(table.match("/modelsx")).isEmpty();
    assertThat(table.match("/")).isEmpty();
    assertThat(table.match("")).isEmpty();
    assertThat(table.match("*")).isEmpty();
    assertThat(table.match("//models")).isEmpty();
  }

  @Test
  void shouldTakeEveryPathWhenTheRootIsRouted() {
    var root = new RoutingTable<>(Map.of("/", "root", "/a", "a"));
    assertThat(root.match("/")).contains("root");
    assertThat(root.match("/b/c")).contains("root");
    assertThat(root.match("/a/c")).contains("a");
    assertThat(root.match("*")).isEmpty();
  }
}

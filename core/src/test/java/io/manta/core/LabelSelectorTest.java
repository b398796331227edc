package io.manta.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelSelectorTest {
  private static final Map<String, String> LABELS =
      Map.of("zone", "eu", "disk", "ssd", "gpu-model", "A100", "example.org/team", "");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "zone | true",
        "rack | false",
        "!rack | true",
        "!zone | false",
        "zone = eu | true",
        "zone==eu | true",
        "zone = us | false",
        "rack = eu | false",
        "zone in (us, eu) | true",
        "zone in(us) | false",
        "zone != us | true",
        "zone != eu | false",
        "rack != eu | true",
        "zone notin (us,asia) | true",
        "zone notin (us,eu) | false",
        "rack notin (us) | true",
        "example.org/team = | true",
        "gpu-model = A100, disk in (ssd, nvme), !spot | true",
        "gpu-model = A100, disk = hdd | false",
      })
  void shouldMatchAsKubernetesDoes(String selector, boolean matches) {
    assertThat(LabelSelector.parse(selector).matches(LABELS)).isEqualTo(matches);
  }

  @Test
  void shouldMatchAnyNodeWithoutARequirement() {
    assertThat(LabelSelector.ANY.matches(Map.of())).isTrue();
    assertThat(LabelSelector.ANY.isAny()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "zone",
        "!zone",
        "zone = eu",
        "zone in (eu, us)",
        "zone != eu, !spot, a notin (b, c)"
      })
  void shouldReadWhatItWrites(String text) {
    assertThat(LabelSelector.parse(text)).hasToString(text);
    assertThat(LabelSelector.parse(LabelSelector.parse(text).toString()))
        .isEqualTo(LabelSelector.parse(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | ''",
        "zone, | the end after the last comma",
        "zone = eu disk = ssd | zone = eu disk = ssd",
        "zone in eu | zone in eu",
        "!zone = eu | !zone = eu",
        "zone in (eu, us | zone in (eu, us",
        "disk = ssd, = eu | = eu",
        "zone > 3 | zone > 3",
      })
  void shouldNameWhatItDoesNotUnderstand(String selector, String part) {
    assertThatThrownBy(() -> LabelSelector.parse(selector))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + selector + "'")
        .hasMessageContaining("at '" + part)
        .hasMessageContaining("zone in (eu, us), disk = ssd, !spot");
  }

  @Test
  void shouldRefuseWhatCanBeNoLabel() {
    assertThatThrownBy(() -> LabelSelector.checked(Map.of("a b", "c")))
        .hasMessageContaining("'a b' can't be the key of a label");
    assertThatThrownBy(() -> LabelSelector.checked(Map.of("a", "b,c")))
        .hasMessageContaining("'b,c' can't be the value of label 'a'");
    assertThatThrownBy(() -> LabelSelector.parse("zone in (e u)"))
        .hasMessageContaining("'e u' can't be the value of label 'zone'");
  }
}

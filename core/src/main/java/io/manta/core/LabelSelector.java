package io.manta.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What the labels of a node are to be, in the syntax of Kubernetes: `zone in (eu, us), disk = ssd,
/// !spot`. All requirements hold for a node that matches.
///
/// | Requirement | Matches a node |
/// |---|---|
/// | `zone` | that has the label |
/// | `!zone` | that does not |
/// | `zone = eu`, `zone in (eu, us)` | whose label has that value, or one of these |
/// | `zone != eu`, `zone notin (eu, us)` | without the label, or with another value |
public record LabelSelector(List<Requirement> requirements) {
  /// Matches all nodes.
  public static final LabelSelector ANY = new LabelSelector(List.of());

  private static final String NAME = "[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?";
  private static final Pattern REQUIREMENT =
      Pattern.compile(
          "\\s*(?<not>!)?\\s*(?<key>"
              + NAME
              + ")\\s*(?:(?<sign>==?|!=)\\s*(?<value>[^\\s,()=!]*)|(?<set>in|notin)\\s*\\((?<values>[^()]*)\\))?\\s*(?<end>,|$)");
  private static final Pattern KEY = Pattern.compile(NAME);
  private static final Pattern VALUE = Pattern.compile("(" + NAME + ")?");

  /// How the value of a label is compared.
  public enum Operator {
    EXISTS,
    NOT_EXISTS,
    IN,
    NOT_IN
  }

  /// @param values none for [Operator#EXISTS] and [Operator#NOT_EXISTS]
  public record Requirement(String key, Operator operator, List<String> values) {
    public Requirement {
      values = List.copyOf(values);
    }

    boolean matches(Map<String, String> labels) {
      String value = labels.get(key);
      return switch (operator) {
        case EXISTS -> value != null;
        case NOT_EXISTS -> value == null;
        case IN -> value != null && values.contains(value);
        case NOT_IN -> value == null || !values.contains(value);
      };
    }

    @Override
    public String toString() {
      return switch (operator) {
        case EXISTS -> key;
        case NOT_EXISTS -> "!" + key;
        case IN -> values.size() == 1 ? key + " = " + values.getFirst() : key + " in " + list();
        case NOT_IN ->
            values.size() == 1 ? key + " != " + values.getFirst() : key + " notin " + list();
      };
    }

    private String list() {
      return "(" + String.join(", ", values) + ")";
    }
  }

  public LabelSelector {
    requirements = List.copyOf(requirements);
  }

  /// Reads one, such as `zone in (eu, us), disk = ssd`.
  ///
  /// @throws IllegalArgumentException naming what is not understood
  public static LabelSelector parse(String text) {
    var requirements = new ArrayList<Requirement>();
    Matcher matcher = REQUIREMENT.matcher(text);
    int start = 0;
    while (start < text.length() || requirements.isEmpty()) {
      if (!matcher.find(start) || matcher.start() != start) {
        throw notUnderstood(text, text.substring(start));
      }
      requirements.add(requirement(text, matcher));
      start = matcher.end();
      if (start == text.length() && matcher.group("end").equals(",")) {
        throw notUnderstood(text, "the end after the last comma");
      }
    }
    return new LabelSelector(requirements);
  }

  private static Requirement requirement(String text, Matcher matcher) {
    String key = matcher.group("key");
    boolean alone = matcher.group("sign") == null && matcher.group("set") == null;
    if (matcher.group("not") != null) {
      if (!alone) {
        throw notUnderstood(text, matcher.group().strip());
      }
      return new Requirement(key, Operator.NOT_EXISTS, List.of());
    }
    if (alone) {
      return new Requirement(key, Operator.EXISTS, List.of());
    }
    boolean isSet = matcher.group("set") != null;
    List<String> values =
        isSet
            ? List.of(matcher.group("values").strip().split("\\s*,\\s*", -1))
            : List.of(matcher.group("value"));
    values.forEach(value -> checkValue(key, value));
    boolean negative = isSet ? matcher.group("set").equals("notin") : isUnequal(matcher);
    return new Requirement(key, negative ? Operator.NOT_IN : Operator.IN, values);
  }

  private static boolean isUnequal(Matcher matcher) {
    return matcher.group("sign").equals("!=");
  }

  private static IllegalArgumentException notUnderstood(String text, String part) {
    return new IllegalArgumentException(
        "the label selector '%s' is not understood at '%s'; one looks like: zone in (eu, us), disk = ssd, !spot"
            .formatted(text, part.strip()));
  }

  /// Labels as they may be given to a node.
  ///
  /// @throws IllegalArgumentException naming a key or a value that can't be one
  public static Map<String, String> checked(Map<String, String> labels) {
    labels.forEach(
        (key, value) -> {
          if (!KEY.matcher(key).matches()) {
            throw new IllegalArgumentException(
                "'"
                    + key
                    + "' can't be the key of a label; it has letters, digits and, inside, . _ / -");
          }
          checkValue(key, value);
        });
    return Map.copyOf(labels);
  }

  private static void checkValue(String key, String value) {
    if (!VALUE.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "'%s' can't be the value of label '%s'; it has letters, digits and, inside, . _ / -, or nothing"
              .formatted(value, key));
    }
  }

  public boolean isAny() {
    return requirements.isEmpty();
  }

  /// @param labels of a node
  public boolean matches(Map<String, String> labels) {
    for (Requirement requirement : requirements) {
      if (!requirement.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /// As [#parse] reads it; empty for [#ANY].
  @Override
  public String toString() {
    return requirements.stream().map(Requirement::toString).collect(Collectors.joining(", "));
  }
}

import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.IValidationContext;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.common.hapi.validation.validator.WorkerContextValidationSupportAdapter;
import org.hl7.fhir.r5.elementmodel.Manager.FhirFormat;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.r5.utils.validation.ValidatorSession;
import org.hl7.fhir.r5.utils.validation.constants.IdStatus;
import org.hl7.fhir.r5.utils.xver.XVerExtensionManagerOld;
import org.hl7.fhir.utilities.i18n.I18nConstants;
import org.hl7.fhir.utilities.validation.ValidationMessage;
import org.hl7.fhir.utilities.validation.ValidationMessage.IssueSeverity;
import org.hl7.fhir.validation.ValidatorSettings;
import org.hl7.fhir.validation.instance.InstanceValidator;

/**
 * FhirInstanceValidator with one HL7 InstanceValidator for many resources instead of a new one for each: building one
 * reads a table of all OIDs, which costs more than validating a small resource. Settings and messages are the same.
 * JSON only; not thread-safe.
 */
final class ReusedInstanceValidator extends FhirInstanceValidator {
  /** The HL7 validator keeps every coding that it saw, so now and then there is a new one. */
  private static final int LIFETIME = 1000;

  private static final Gson GSON = new Gson();

  private Core core;
  private int left;

  ReusedInstanceValidator(IValidationSupport support) {
    super(support);
  }

  @Override
  protected List<ValidationMessage> validate(IValidationContext<?> resource) {
    WorkerContextValidationSupportAdapter context = provideWorkerContext();
    if (left-- == 0) {
      core = newCore(context);
      left = LIFETIME - 1;
    }
    core.forgetWarnings();
    String text = resource.getResourceAsString();
    List<ValidationMessage> unknown = new ArrayList<>();
    List<StructureDefinition> profiles = new ArrayList<>();
    for (String url : declared(text)) {
      StructureDefinition profile = context.fetchResource(StructureDefinition.class, url);
      if (profile == null) {
        unknown.add(unknownProfile(url));
      } else {
        profiles.add(profile);
      }
    }
    List<ValidationMessage> messages = new ArrayList<>();
    InputStream bytes = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    core.validate(null, messages, bytes, FhirFormat.JSON, profiles);
    if (profiles.isEmpty()) {
      messages.addAll(unknown);
    }
    messages.removeIf(ReusedInstanceValidator::isOfNoUse);
    messages.stream().filter(ReusedInstanceValidator::isUnknownProfile).forEach(this::level);
    return messages;
  }

  private Core newCore(WorkerContextValidationSupportAdapter context) {
    Core made = new Core(context);
    made.setAssumeValidRestReferences(isAssumeValidRestReferences());
    made.setBestPracticeWarningLevel(getBestPracticeWarningLevel());
    made.setAnyExtensionsAllowed(isAnyExtensionsAllowed());
    made.setResourceIdRule(IdStatus.OPTIONAL);
    made.setNoTerminologyChecks(isNoTerminologyChecks());
    made.setErrorForUnknownProfiles(isErrorForUnknownProfiles());
    made.setUnknownCodeSystemsCauseErrors(true);
    made.getExtensionDomains().addAll(getExtensionDomains());
    made.setFetcher(getValidatorResourceFetcher());
    made.setPolicyAdvisor(getValidatorPolicyAdvisor());
    made.setNoExtensibleWarnings(isNoExtensibleWarnings());
    made.setNoBindingMsgSuppressed(isNoBindingMsgSuppressed());
    made.setAllowExamples(isAllowExamples());
    made.setAllowXsiLocation(true);
    return made;
  }

  private void level(ValidationMessage message) {
    message.setLevel(isErrorForUnknownProfiles() ? IssueSeverity.ERROR : IssueSeverity.WARNING);
  }

  /** The resource's profiles, read as leniently (and with the same exceptions) as the library reads them. */
  private static List<String> declared(String text) {
    JsonObject meta = GSON.fromJson(text, JsonObject.class).getAsJsonObject("meta");
    JsonElement profiles = meta == null ? null : meta.get("profile");
    List<String> urls = new ArrayList<>();
    if (profiles != null && profiles.isJsonArray()) {
      profiles.getAsJsonArray().forEach(url -> urls.add(url.getAsString()));
    }
    return urls;
  }

  private static ValidationMessage unknownProfile(String url) {
    ValidationMessage message = new ValidationMessage();
    message.setMessageId(I18nConstants.VALIDATION_VAL_PROFILE_UNKNOWN);
    message.setLevel(IssueSeverity.ERROR);
    message.setMessage("Invalid profile. Failed to retrieve profile with url=" + url);
    return message;
  }

  private static boolean isUnknownProfile(ValidationMessage m) {
    return I18nConstants.VALIDATION_VAL_PROFILE_UNKNOWN.equals(m.getMessageId())
        || I18nConstants.VALIDATION_VAL_PROFILE_UNKNOWN_NOT_POLICY.equals(m.getMessageId());
  }

  private static boolean isOfNoUse(ValidationMessage m) {
    return I18nConstants.TERMINOLOGY_TX_BINDING_NOSOURCE.equals(m.getMessageId())
        || I18nConstants.TERMINOLOGY_TX_VALUESET_NOTFOUND.equals(m.getMessageId())
            && m.getMessage().contains("http://hl7.org/fhir/ValueSet/mimetypes");
  }

  private static final class Core extends InstanceValidator {
    Core(WorkerContextValidationSupportAdapter context) {
      super(
          context,
          new NullEvaluationContext(),
          new XVerExtensionManagerOld(context),
          new ValidatorSession(),
          new ValidatorSettings());
    }

    /** Of a value set's status it would warn only once. */
    void forgetWarnings() {
      statusWarnings.clear();
    }
  }
}

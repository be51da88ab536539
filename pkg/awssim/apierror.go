package awssim

import "net/http"

// apiError is an error as AWS reports it. Its code is mostly the name in the Query protocol; the newer protocols have other names.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func clientError(code, message string) *apiError {
	return &apiError{http.StatusBadRequest, code, message}
}

func validation(message string) *apiError { return clientError("ValidationError", message) }

func malformed(message string) *apiError { return clientError("MalformedInput", message) }

func missing(parameter string) *apiError {
	return clientError("MissingParameter", "The parameter "+parameter+" is required.")
}

func cancelled() *apiError {
	return &apiError{http.StatusServiceUnavailable, "ServiceUnavailable", "The request was cancelled."}
}

func denied(principal, action, resource string) *apiError {
	return &apiError{http.StatusForbidden, "AccessDenied",
		"User: " + principal + " is not authorized to perform: " + action + " on resource: " + resource}
}

// shapes names the error structures of the newer protocols. A code that stands here is also told to the client by its Query name.
var errorShapes = map[string]string{
	"ValidationError":             "com.amazonaws.cloudwatch#ValidationException",
	"InvalidParameterValue":       "com.amazonaws.cloudwatch#InvalidParameterValueException",
	"InvalidParameterCombination": "com.amazonaws.cloudwatch#InvalidParameterCombinationException",
	"MissingParameter":            "com.amazonaws.cloudwatch#MissingRequiredParameterException",
	"InvalidNextToken":            "com.amazonaws.cloudwatch#InvalidNextToken",
	"InternalServiceError":        "com.amazonaws.cloudwatch#InternalServiceFault",
}

// frontNames are the names that the front of AWS (authentication, throttling) uses in the newer protocols.
var frontNames = map[string]string{
	"InvalidClientTokenId":  "com.amazon.coral.service#UnrecognizedClientException",
	"ExpiredToken":          "com.amazon.coral.service#ExpiredTokenException",
	"SignatureDoesNotMatch": "com.amazon.coral.service#InvalidSignatureException",
	"RequestExpired":        "com.amazon.coral.service#InvalidSignatureException",
	"MissingAuthentication": "com.amazon.coral.service#MissingAuthenticationTokenException",
	"IncompleteSignature":   "com.amazon.coral.service#IncompleteSignatureException",
	"AccessDenied":          "com.amazon.coral.service#AccessDeniedException",
	"Throttling":            "com.amazon.coral.availability#ThrottlingException",
	"ServiceUnavailable":    "com.amazon.coral.service#ServiceUnavailableException",
	"InvalidAction":         "com.amazon.coral.service#UnknownOperationException",
	"MalformedInput":        "com.amazon.coral.service#SerializationException",
	"RequestEntityTooLarge": "com.amazon.coral.service#RequestEntityTooLargeException",
}

// shape returns the __type of the newer protocols, and the content of the header x-amzn-query-error where there is one.
func (e *apiError) shape() (name, queryError string) {
	if shape, ok := errorShapes[e.code]; ok {
		return shape, e.code + ";" + e.fault()
	}
	if name, ok := frontNames[e.code]; ok {
		return name, ""
	}
	return "com.amazonaws.cloudwatch#" + e.code, e.code + ";" + e.fault()
}

// fault says in the Query protocol whose mistake it was.
func (e *apiError) fault() string {
	if e.status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

// queryCode is the code that the Query protocol shows.
func (e *apiError) queryCode() string {
	switch e.code {
	case "MissingAuthentication":
		return "MissingAuthenticationToken"
	case "RequestExpired":
		return "SignatureDoesNotMatch"
	}
	return e.code
}

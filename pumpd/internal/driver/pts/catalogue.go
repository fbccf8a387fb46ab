package pts

import "strings"

// Role says who sends a packet and what for.
type Role string

// The roles.
const (
	RoleRequest Role = "request" // asks the controller
	RoleAnswer  Role = "answer"  // the controller's answer, or ours to an upload
	RoleUpload  Role = "upload"  // sent by the controller by itself
)

// Role tells what a packet is. Uploads and their acknowledgements, and setters
// and their confirmations, share a type: the latter carry a Message.
func (p Packet) Role() Role {
	kind := p.Type()
	switch {
	case p.Failed() || p.Message() != "":
		return RoleAnswer
	case strings.HasPrefix(kind, "Upload") && kind != "UploadedRecordsInformation", kind == typeTagsRequest:
		return RoleUpload
	case kind == "PriceBoardGetStatus" && p.Data().Has("Online"):
		return RoleAnswer // the one request whose answer with data keeps its type
	}
	if _, ok := Requests()[kind]; ok {
		return RoleRequest
	}
	return RoleAnswer
}

// typeTagsRequest asks the server whether tags may fuel.
const typeTagsRequest = "RequestTagsInformation"

// Requests is every request of the jsonPTS document, R129, with the type that
// answers it with data; "" where the answer is a plain OK.
func Requests() map[string]string {
	all := map[string]string{
		"PumpGetStatus": TypeIdle, "PumpAuthorize": "PumpAuthorizeConfirmation",
		"PumpStop": "", "PumpEmergencyStop": "", "PumpSuspend": "", "PumpResume": "",
		"PumpLock": "", "PumpUnlock": "", "PumpCloseTransaction": "",
		"PumpGetTotals": "", "PumpGetLastSavedTotals": TypeTotals,
		"PumpGetPrices": "", "PumpSetPrices": "", "PumpSetLights": "", "PumpSetAutomaticOperation": "",
		"PumpGetTransactionInformation": "PumpTransactionInformation",
		"PumpGetTag":                    "", "PumpGetDisplayData": "", "PumpGetAdditionalMeasurements": "",
		"PumpGetAutomaticOperation": "PumpAutomaticOperation",

		"ProbeGetTankVolumeForHeight":                "ProbeTankVolumeForHeight",
		"ProbeGetTankCalibrationChartRecordsList":    "ProbeTankCalibrationChartRecordsList",
		"ProbeGetTankIntervalVolumeChartRecordsList": "ProbeTankIntervalVolumeChartRecordsList",
		"ProbeAddTankCalibrationChartRecordToList":   "", "ProbeAddTankCalibrationChartRecordsList": "",
		"ProbeEditTankCalibrationChartRecordInList": "", "ProbeSetTankCalibrationChartRecordsList": "",
		"ProbeGenerateTankAutomaticCalibrationChart":     "",
		"ProbeGetTankCalibrationChartTotalRecordsNumber": "ProbeTankCalibrationChartTotalRecordsNumber",
		"ProbeGetMeasurements":                           "ProbeMeasurements",

		"PriceBoardGetStatus": "PriceBoardGetStatus",
		"ReaderGetStatus":     "ReaderStatus", "ReaderGetTag": "ReaderTag",

		"PaymentCreateTransaction":         "PaymentCreateTransactionConfirmation",
		"PaymentGetTransactionInformation": "PaymentTransactionInformation", "PaymentRefundTransaction": "",
		"ShiftOpen": "ShiftOpenConfirmation", "ShiftClose": "", "ShiftGetInformation": "ShiftInformation",

		"AddTagToList": "", "AddTagsToList": "", "EditTagInList": "", "DeleteTagFromList": "", "SetTagsList": "",
		"AddUserConfiguration": "", "EditUserConfiguration": "", "DeleteUserConfiguration": "",
		"BackupConfiguration": "", "RestoreConfiguration": "", "Restart": "", "FileDelete": "",
		"ClearUploadedRecords": "", "SetUploadedRecordsNumber": "",
		"MakeDailyProcessing": "", "MakeDiagnostics": "Diagnostics",
	}
	for _, name := range settings {
		all["Get"+name], all["Set"+name] = name, ""
	}
	for _, name := range readOnly {
		all["Get"+name] = name
	}
	for _, name := range reports {
		all["ReportGet"+name] = "Report" + name
	}
	return all
}

// settings are read by Get<name>, answered by <name> and written by Set<name>.
var settings = [...]string{
	"DailyProcessingTime", "DateTime", "FuelGradesConfiguration", "FuelGradesPrices", "Language", "MeasurementUnits",
	"Parameter", "PaymentFormsConfiguration", "PortLoggingConfiguration", "PriceBoardsConfiguration",
	"PricesSchedulerConfiguration", "ProbesConfiguration", "PtsNetworkSettings", "PumpNozzlesConfiguration",
	"PumpsConfiguration", "ReadersConfiguration", "RemoteServerConfiguration", "RemoteServerLoggingConfiguration",
	"ShiftsOperation", "SystemDecimalDigits", "TanksConfiguration", "UsersConfiguration", "WirelessDevicesConfiguration",
}

// readOnly are read by Get<name> and answered by <name>.
var readOnly = [...]string{
	"BatteryVoltage", "ConfigurationIdentifier", "ControllerType", "CpuTemperature", "FirmwareInformation", "GpsData",
	"PortsState", "SdInformation", "SystemOperationInformation", "TagInformation", "TagsList", "TagsTotalNumber",
	"UniqueIdentifier", "UploadedRecordsInformation", "UserInformation",
}

// reports are asked by ReportGet<name>, alone in their message, and answered
// by Report<name>.
var reports = [...]string{
	"AlertRecords", "GpsRecords", "InTankDeliveries", "Payments", "PumpTransactions", "Shifts", "TankMeasurements",
}
